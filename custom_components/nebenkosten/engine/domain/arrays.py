"""The types of arrays: names for annotations, free of numpy at run time.

The values of `type` statements are evaluated only by type checkers here.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]

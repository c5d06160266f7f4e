"""The registry of rules that find odd days.

One rule per file, all meters at once, one day at a time: a rule sees a day and the days
before it, never what comes after. A new rule is a new file and a line in this registry.
"""

from collections.abc import Mapping
from typing import Final

from .base import Detector
from .global_z import GlobalZ
from .interquartile import Interquartile
from .rolling_z import RollingZ
from .shift import Shift
from .spike import Spike
from .stuck import Stuck

DETECTORS: Final[Mapping[str, type[Detector]]] = {
    detector.name: detector
    for detector in (Spike, Stuck, Shift, GlobalZ, Interquartile, RollingZ)
}
# Those of the original system know no season; they are there to be switched on.
USUAL: Final = frozenset({Spike.name, Stuck.name, Shift.name})

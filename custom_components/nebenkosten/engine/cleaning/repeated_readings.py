"""Readings that repeat the one before although the meter had always gone on.

Two equal readings are true zero use. That one may have been copied, or repeated by a
server after a restart, is only suspected, from what came before it alone: it stays
used, and is named with what would have been expected.
"""

from typing import Final

import numpy as np

from ..domain.arrays import Floats

# So many intervals in a row must have risen before one that does not is odd.
_ALWAYS: Final = 4


def repeats(times: Floats, values: Floats) -> list[tuple[int, float]]:
    """Return the index of each such reading of (n,), with the value to be expected.

    Its interval is no shorter than half of the shortest of the last four before it.
    """
    spans, rises = times[1:] - times[:-1], values[1:] - values[:-1]
    found = []
    for step in np.flatnonzero(rises == 0).tolist():
        before = slice(step - _ALWAYS, step)
        if step < _ALWAYS or rises[before].min() <= 0:
            continue
        if 2 * spans[step] < spans[before].min() or _fades(rises, spans, step):
            continue
        rate = float(rises[before].sum() / spans[before].sum())
        found.append((step + 1, float(values[step]) + rate * float(spans[step])))
    return found


def _fades(rises: Floats, spans: Floats, step: int) -> bool:
    """Return whether use was coming to an end anyway, as heating does in spring."""
    rates = rises[step - _ALWAYS : step] / spans[step - _ALWAYS : step]
    return bool(2 * rates[-1] < rates.mean())

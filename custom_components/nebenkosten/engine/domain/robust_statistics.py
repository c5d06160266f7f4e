"""Medians and spreads of numbers of which some are missing or wrong."""

import numpy as np

from .arrays import Floats


def median(values: Floats) -> Floats:
    """Return the median over the last axis, NaN left out; NaN where nothing is left.

    One sort of the whole array: numpy's own goes row by row.
    """
    ordered = np.sort(values, axis=-1)
    count = values.shape[-1] - np.isnan(values).sum(-1)
    low = np.maximum((count - 1) // 2, 0)[..., None]
    high = np.minimum(np.maximum(count // 2, 0), values.shape[-1] - 1)[..., None]
    middle = np.take_along_axis(ordered, low, -1) + np.take_along_axis(
        ordered, high, -1
    )
    result: Floats = middle[..., 0] / 2
    return result


def middle_of(values: Floats) -> float:
    """Return the median of few numbers (n,), none of them missing.

    numpy's own takes ten times as long for a handful.
    """
    ordered = np.sort(values)
    count = len(ordered)
    return float(ordered[(count - 1) // 2] + ordered[count // 2]) / 2


def convolved(rows: Floats, kernel: Floats) -> Floats:
    """Return rows (m, n) smoothed with a kernel of odd length; the edges reflect.

    Summed shift by shift, so that a row's result does not depend on its neighbours.
    """
    reach = len(kernel) // 2
    padded = np.pad(rows, ((0, 0), (reach, reach)), mode="symmetric")
    total = np.zeros_like(rows)
    for shift, weight in enumerate(kernel.tolist()):
        total += weight * padded[:, shift : shift + rows.shape[1]]
    return total

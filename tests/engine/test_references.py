"""Our own numerics agree with scipy's and numpy's, which would take longer.

`docs/architecture.md` says how much longer, and what else speaks against them.
"""

from hypothesis import given, settings, strategies as st
import numpy as np
import pytest
from scipy import interpolate, ndimage, optimize, stats

from custom_components.nebenkosten.engine.domain import robust_statistics
from custom_components.nebenkosten.engine.load_model.change_point_model import (
    _not_negative,
)
from custom_components.nebenkosten.engine.reconstruction import monotone_cubic

_SEEDS = st.integers(0, 2**32 - 1)


@settings(max_examples=30)
@given(_SEEDS, st.integers(2, 30))
def test_slopes_are_those_of_a_monotone_cubic(seed: int, count: int) -> None:
    dice = np.random.default_rng(seed)
    model = dice.uniform(20, 60, count)
    rise = dice.gamma(4, 1, count) * model * dice.integers(0, 2, count)
    begin, end = monotone_cubic.slopes(model, rise, np.zeros(count - 1, dtype=bool))
    knots, values = (np.append(0.0, np.cumsum(one)) for one in (model, rise))
    expected = interpolate.PchipInterpolator(knots, values).derivative()(knots)
    # The outer slopes of scipy follow another rule where the use turns.
    assert begin[1:] == pytest.approx(expected[1:-1], rel=1e-9, abs=1e-9)
    assert end[:-1] == pytest.approx(expected[1:-1], rel=1e-9, abs=1e-9)


@settings(max_examples=30)
@given(_SEEDS, st.integers(1, 3))
def test_weights_are_the_least_squares_that_are_not_negative(
    seed: int, columns: int
) -> None:
    dice = np.random.default_rng(seed)
    rows = dice.uniform(0, 1, (20, columns))
    wanted = rows @ dice.normal(0, 1, columns) + dice.normal(0, 0.1, 20)
    found = _not_negative(rows.T @ rows, rows.T @ wanted)
    expected, _ = optimize.nnls(rows, wanted)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-9)


@settings(max_examples=30)
@given(_SEEDS, st.integers(1, 40))
def test_medians_leave_out_what_is_missing(seed: int, count: int) -> None:
    dice = np.random.default_rng(seed)
    values = dice.normal(0, 1, (5, count))
    values[dice.random(values.shape) < 0.2] = np.nan
    values[:, 0] = 1.0
    middle = robust_statistics.median(values)
    assert (middle == np.nanmedian(values, axis=-1)).all()
    away = robust_statistics.median(np.abs(values - middle[:, None]))
    expected = stats.median_abs_deviation(values, axis=-1, nan_policy="omit")
    assert (away == expected).all()


@settings(max_examples=30)
@given(_SEEDS, st.sampled_from([3, 5, 13]))
def test_rows_are_smoothed_with_reflected_edges(seed: int, length: int) -> None:
    dice = np.random.default_rng(seed)
    rows, kernel = dice.random((4, 40)), dice.random(length)
    kernel += kernel[::-1]
    expected = ndimage.convolve1d(rows, kernel, axis=1, mode="reflect")
    found = robust_statistics.convolved(rows, kernel)
    assert found == pytest.approx(expected, rel=1e-12)

"""The façade of the benchmarks calls the pipeline and keeps its promises."""

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from benchmarks import entries
from custom_components.nebenkosten.engine.domain.local_days import midnight

from .houses import BERLIN
from .synthetic import (
    DAYS,
    FIRST,
    day,
    heating,
    household,
    instants,
    outdoors,
    read_daily,
)

INDEX = pd.date_range(FIRST, periods=DAYS, freq="D")
MEANS = pd.Series(outdoors(), index=INDEX)


def test_detect_is_a_flag_per_day_from_the_past_alone() -> None:
    use = household(8.0)
    use[700:720] *= 3
    series = pd.Series(use, index=INDEX)
    found = entries.detect(series, MEANS)
    assert found.dtype == bool
    assert found.index.equals(INDEX)
    assert found[700:725].any()
    part = entries.detect(series[:710], MEANS[:710])
    assert part.equals(found[:710])
    assert entries.detect_sensitive(series)[700:725].any()


def test_detect_hourly_is_a_flag_per_day() -> None:
    index = pd.date_range("2024-01-01", periods=24 * 60, freq="h")
    litres = pd.Series(np.tile(np.r_[np.zeros(8), np.full(16, 10.0)], 60), index=index)
    litres.iloc[24 * 50 :] += 5
    found = entries.detect_hourly(litres)
    assert len(found) == 60
    assert found[51:].all()
    assert not found[:50].any()


@pytest.mark.parametrize("pattern", [None, [1 / 12] * 12])
def test_reconstruct_meets_every_reading(pattern: list[float] | None) -> None:
    use = heating(outdoors(), 2.0, 1.0)
    shown = 100 + np.concatenate(([0.0], np.cumsum(use)))
    seen = [10, 50, 100, 180, 300, 420, 500]
    readings = pd.Series(shown[seen], index=INDEX[seen])
    found = entries.reconstruct(readings, INDEX[0], INDEX[519], MEANS[:520], pattern)
    assert len(found) == 520
    assert (found >= 0).all()
    for left, right in pairwise(seen):
        assert found[left:right].sum() == pytest.approx(shown[right] - shown[left])
    assert (found.attrs["low"] <= found).all()
    assert (found.attrs["high"] >= found).all()
    none = entries.reconstruct(readings[:0], INDEX[0], INDEX[5])
    assert none.isna().all()


def test_the_world_by_day_and_as_a_whole() -> None:
    midnights = np.array(instants(range(DAYS + 1)))
    points = read_daily(household(8.0))
    times = np.array([point[0] for point in points])
    values = np.array([point[1] for point in points])
    world = {"daily": (times, values), "sparse": (times[::30], values[::30])}
    found = entries.daily(world, midnights)
    np.testing.assert_allclose(found["daily"], np.diff(values))
    report = entries.analyse(world, midnights)
    assert report.meters["daily"].quality is not None
    assert report.meters["sparse"].model is not None
    assert midnights[0] == midnight(date(2022, 1, 1), BERLIN)
    assert day(0) == FIRST

"""The engine behind the signatures that benchmarks call: the very code of the pipeline.

Series are pandas objects with a daily, or hourly, index of local time. The days of a
benchmark have 24 hours each: they are laid out in UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from custom_components.nebenkosten.engine import pipeline
from custom_components.nebenkosten.engine.anomalies import daily_detection
from custom_components.nebenkosten.engine.anomalies.detectors.continuous_flow import (
    ContinuousFlow,
)
from custom_components.nebenkosten.engine.anomalies.detectors.hourly import HourlyUse
from custom_components.nebenkosten.engine.domain import calendar_edges
from custom_components.nebenkosten.engine.domain.local_days import local_day, midnight
from custom_components.nebenkosten.engine.domain.meters import (
    House,
    Medium,
    Meter,
    Sensitivity,
)
from custom_components.nebenkosten.engine.domain.report import (
    KINDS,
    Context,
    Provenance,
    ReadingKind,
    Readings,
    Report,
    Series,
    Temperature,
    empty_series,
)
from custom_components.nebenkosten.engine.meter_kinds.physical_line import line_of
from custom_components.nebenkosten.engine.meter_kinds.preparation import prepare
from custom_components.nebenkosten.engine.reconstruction import uncertainty

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Floats = NDArray[np.float64]
    type World = Mapping[str, tuple[Floats, Floats]]

_UTC: Final = ZoneInfo("UTC")
_WORLD_ZONE: Final = ZoneInfo("Europe/Berlin")
_DAY: Final = 86400.0


def detect(series: pd.Series, temperature: pd.Series | None = None) -> pd.Series:
    """Return which days are odd, each judged from the days before it."""
    return _detect(series, temperature, Sensitivity.NORMAL)


def detect_sensitive(
    series: pd.Series, temperature: pd.Series | None = None
) -> pd.Series:
    """Return the same for a meter that is watched closely."""
    return _detect(series, temperature, Sensitivity.SENSITIVE)


def _detect(
    series: pd.Series, temperature: pd.Series | None, sensitivity: Sensitivity
) -> pd.Series:
    index = pd.DatetimeIndex(series.index)
    outside = None
    if temperature is not None:
        outside = temperature.reindex(index).ffill().to_numpy(float)[None]
    verdicts = daily_detection.judge(
        series.to_numpy(float)[None], int(index[0].weekday()), outside, [sensitivity]
    )
    return pd.Series(verdicts.odd[0], index=index)


def detect_hourly(litres: pd.Series) -> pd.Series:
    """Return on which days water [L/h] runs day and night."""
    index = pd.DatetimeIndex(litres.index)
    days = index.normalize()
    unique = days.unique()
    day = unique.get_indexer(days).astype(np.int64)
    meter = Meter(meter_id="water", name="water", medium=Medium.WATER, unit="L")
    hourly = HourlyUse(meter, litres.to_numpy(float), day, len(unique))
    flow = ContinuousFlow.judge(hourly)
    return pd.Series(flow.odd, index=unique)


def reconstruct(
    readings: pd.Series,
    start: pd.Timestamp,
    end: pd.Timestamp,
    temperature: pd.Series | None = None,
    pattern: Sequence[float] | None = None,
) -> pd.Series:
    """Return the use of each day start..end; `.attrs` hold the 80 % band per day."""
    first, last = pd.Timestamp(start).date(), pd.Timestamp(end).date()
    meter = Meter(
        meter_id="benchmark",
        name="benchmark",
        medium=Medium.OTHER,
        unit="kWh",
        installed=first,
        removed=last,
        profile="none" if pattern is None else tuple(float(p) for p in pattern),
    )
    as_of = midnight(last + timedelta(days=1), _UTC)
    context = Context(
        as_of=as_of,
        temperature=None
        if temperature is None
        else Temperature(
            temperature.index[0].date(), temperature.to_numpy(float).tolist()
        ),
    )
    times = readings.index.to_numpy("datetime64[ns]").astype(np.int64) / 1e9
    shared = _Columns.of(len(times), ReadingKind.ACTUAL)
    series = _series(times, readings.to_numpy(float), shared)
    # All readings take part in the fit: there is no model date after the last one.
    prepared = prepare(meter, series, _UTC, context, last)
    line = line_of(prepared)
    index = pd.date_range(first, last, freq="D")
    if line is None:
        return pd.Series(np.nan, index=index)
    midnights: Floats = np.full(len(index) + 1, midnight(first, _UTC))
    midnights += _DAY * np.arange(len(midnights))
    use = line.use(midnights)
    half = uncertainty.half_widths(
        line, midnights, use, line.provenance(midnights, use)
    )
    result = pd.Series(use, index=index)
    result.attrs["low"] = pd.Series(np.maximum(use - half, 0.0), index=index)
    result.attrs["high"] = pd.Series(use + half, index=index)
    return result


def changed_days(medium: Medium, unit: str, first: date, use: Floats) -> int:
    """Return how many measured days change as midnights are read one by one."""
    meter = Meter(meter_id="benchmark", name="benchmark", medium=medium, unit=unit)
    last = first + timedelta(days=len(use) - 1)
    times = calendar_edges.midnights(first, last, _WORLD_ZONE)
    values: Floats = np.append(0.0, np.cumsum(use))
    shared = _Columns.of(len(times), ReadingKind.ACTUAL)
    changed, before, known = 0, np.empty(0), np.empty(0, bool)
    for count in range(2, len(times) + 1):
        series = _series(times[:count].copy(), values[:count].copy(), shared)
        context = Context(as_of=float(times[count - 1]))
        line = line_of(prepare(meter, series, _WORLD_ZONE, context, None))
        if line is None:
            continue
        now = line.use(times[:count])
        still = line.provenance(times[:count], now) == Provenance.MEASURED
        same = np.isclose(now[: len(before)], before, rtol=1e-9, atol=1e-9)
        changed += int((known & ~(same & still[: len(known)])).sum())
        before, known = now, still
    return changed


def daily(meters: World, midnights: Floats) -> dict[str, Floats]:
    """Return each meter's use per day: cleaned and with provenance, without a shape."""
    found = {}
    shared = _removed(meters)
    context = Context(as_of=float(midnights[-1]))
    life = _life(midnights)
    for key, (times, values) in meters.items():
        meter = _meter(key, life)
        series = _series(times, values, shared)
        prepared = prepare(meter, series, _WORLD_ZONE, context, None)
        line = line_of(prepared)
        if line is None:
            raise ValueError(key)
        found[key] = line.use(midnights)
        line.provenance(midnights, found[key])
    return found


def analyse(meters: World, midnights: Floats) -> Report:
    """Return everything there is to say of a world of meters."""
    house = House(
        time_zone=_WORLD_ZONE.key,
        meters=tuple(_meter(key, _life(midnights)) for key in meters),
    )
    shared = _removed(meters)
    readings = {
        meter.key: _series(*meters[meter.meter_id], shared) for meter in house.meters
    }
    return pipeline.analyse(house, readings, Context(as_of=float(midnights[-1])))


def _life(midnights: Floats) -> tuple[date, date]:
    """Return the first and the last day of the world."""
    first, end = (local_day(float(t), _WORLD_ZONE) for t in midnights[[0, -1]])
    return first, end - timedelta(days=1)


def _meter(key: str, life: tuple[date, date]) -> Meter:
    """Return a meter of the world, which was taken out at the last midnight."""
    return Meter(
        meter_id=key,
        name=key,
        medium=Medium.ELECTRICITY,
        unit="kWh",
        installed=life[0],
        removed=life[1],
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """What all meters share: ids from 0 on, and kinds that end with a removal."""

    ids: NDArray[np.int64]
    kinds: NDArray[np.int8]

    @classmethod
    def of(cls, count: int, last: ReadingKind) -> _Columns:
        kinds = np.full(count, KINDS.index(ReadingKind.ACTUAL), np.int8)
        kinds[-1:] = KINDS.index(last)
        return cls(np.arange(count), kinds)


def _removed(meters: World) -> _Columns:
    longest = max(len(times) for times, _ in meters.values())
    return _Columns.of(longest, ReadingKind.REMOVAL)


def _series(times: Floats, values: Floats, shared: _Columns) -> Series:
    """Return columns that share the memory of the benchmark's arrays."""
    count = len(times)
    nothing = np.broadcast_to(np.int8(0), count)
    return Series(
        Readings(
            ids=memoryview(shared.ids[:count]),
            times=memoryview(times),
            values=memoryview(values),
            kinds=memoryview(shared.kinds[len(shared.kinds) - count :]),
            revisions=memoryview(nothing),
            units=memoryview(nothing),
        ),
        empty_series().amounts,
    )

"""The evidence of a meter's days: which rules flag them, and what was expected."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

from ..domain import calendar_edges
from ..domain.arrays import Bools, Floats
from ..domain.meters import AnyMeter
from ..domain.report import Consumption, Context, Provenance
from ..load_model import outdoor_temperature
from ..meter_kinds.interface import Computed
from ..reconstruction import uncertainty
from ..reconstruction.meter_line import Line
from . import daily_detection
from .baseline import LEARNED
from .daily_detection import Verdicts
from .detectors import HOURLY_DETECTORS
from .detectors.hourly import HourlyUse, HourlyVerdict

# Meters with fewer measured days are not judged day by day.
_DAILY: Final = LEARNED + 1
_NEAR: Final = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A meter's days (n,) from `first` on, and the flags on them.

    `rules` are the odd days by detector; `expected` and `spread` [unit] per day;
    `surplus` [L/h], what flows beyond the usual, by detector that judges hours.
    """

    meter: AnyMeter
    first: date
    use: Floats
    expected: Floats
    spread: Floats
    rules: Mapping[str, Bools]
    surplus: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def odd(self) -> Bools:
        """Return the days that some rule found odd."""
        result: Bools = np.any(list(self.rules.values()), axis=0)
        return result


def evidence_of(
    computed: Mapping[str, Computed], context: Context
) -> dict[str, Evidence]:
    """Return the evidence of meters with measured days, all judged at once."""
    measured = {key: _measured(one) for key, one in computed.items()}
    chosen = [key for key, days in measured.items() if int(days.sum()) >= _DAILY]
    if not chosen:
        return {}
    meters = [computed[key].consumption for key in chosen]
    first = min(one.begin for one in meters)
    places = [_place(one, first) for one in meters]
    count = max(place.stop for place in places)
    values = np.full((len(chosen), count), np.nan)
    for row, (key, place) in enumerate(zip(chosen, places, strict=True)):
        use = computed[key].consumption.use
        values[row, place] = np.where(measured[key], use, np.nan)
    verdicts = daily_detection.judge(
        values,
        first.weekday(),
        outdoor_temperature.so_far(context.temperature, first, count),
        [one.meter.sensitivity for one in meters],
        context.detectors,
    )
    return {
        key: _evidence(computed[key], verdicts, row, place)
        for row, (key, place) in enumerate(zip(chosen, places, strict=True))
    }


def _place(consumption: Consumption, first: date) -> slice:
    """Return where a meter's days lie among all days from `first` on."""
    start = (consumption.begin - first).days
    return slice(start, start + len(consumption.use))


def _measured(one: Computed) -> Bools:
    """Return the days (n,) that were measured by a reading of their own.

    Days between two equal readings are measured too: they say nothing by themselves.
    """
    consumption, line = one.consumption, one.line
    measured: Bools = consumption.provenance == Provenance.MEASURED
    if line is None or any(len(part.amounts.starts) for part in line.parts):
        return measured
    read = np.searchsorted(
        uncertainty.knots(line), consumption.midnights + _NEAR, "right"
    )
    return measured & (np.diff(read) > 0)


def _evidence(one: Computed, verdicts: Verdicts, row: int, place: slice) -> Evidence:
    """Return one meter's part of the verdicts, and those on its hours."""
    consumption = one.consumption
    expected = verdicts.expected[row, place]
    judged = ~np.isnan(expected)
    daily = {
        name: odd[row, place] & judged for name, odd in verdicts.by_detector.items()
    }
    hourly = _hourly(consumption, one.line)
    return Evidence(
        consumption.meter,
        consumption.begin,
        consumption.use,
        expected,
        verdicts.spread[row, place],
        daily | {name: verdict.odd for name, verdict in hourly.items()},
        {name: verdict.surplus for name, verdict in hourly.items()},
    )


def _hourly(consumption: Consumption, line: Line | None) -> dict[str, HourlyVerdict]:
    """Return the verdicts of the rules on hours, by name."""
    asked = {
        name: detector
        for name, detector in HOURLY_DETECTORS.items()
        if detector.applies(consumption.meter)
    }
    if line is None or not asked:
        return {}
    edges = calendar_edges.hour_edges(consumption.midnights)
    sure = line.known(edges)
    use = np.where(sure[1:] & sure[:-1], line.use(edges), np.nan)
    day = np.searchsorted(consumption.midnights, edges[:-1], "right") - 1
    hourly = HourlyUse(consumption.meter, use, day, len(consumption.use))
    return {name: detector.judge(hourly) for name, detector in asked.items()}

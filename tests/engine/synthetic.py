"""A house whose true use is known day by day, and how people and sensors read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custom_components.nebenkosten.engine.domain.local_days import midnight
from custom_components.nebenkosten.engine.domain.meters import (
    House,
    Master,
    MasterPeriod,
    Medium,
    Meter,
    Term,
    Virtual,
)
from custom_components.nebenkosten.engine.domain.report import (
    Anomaly,
    Consumption,
    Context,
    MeterReport,
    ReadingKind,
    Report,
    Temperature,
)
from custom_components.nebenkosten.engine.pipeline import analyse

from .houses import BERLIN, Point, meter, series

type Floats = NDArray[np.float64]

FIRST = date(2022, 1, 1)
DAYS = 1461
LAST = FIRST + timedelta(days=DAYS - 1)


def generator(seed: int = 1) -> np.random.Generator:
    """Return a source of chance that is the same every time."""
    return np.random.default_rng(seed)


# The first day that a test changes.
START = 700


def day(number: int) -> date:
    """Return the day of that number."""
    return FIRST + timedelta(days=number)


def outdoors(seed: int = 7) -> Floats:
    """Return four years of daily mean temperatures [°C]."""
    dice = generator(seed)
    wave = 10 - 9 * np.cos(2 * np.pi * (np.arange(DAYS) - 20) / 365.25)
    noise = np.convolve(dice.normal(0, 3, DAYS + 4), np.full(5, 0.5), "valid")
    result: Floats = wave + noise
    return result


def temperature(means: Floats) -> Temperature:
    """Return temperatures as the engine takes them."""
    return Temperature(FIRST, means.tolist())


def household(mean: float, seed: int = 1, stray: float = 0.25) -> Floats:
    """Return a home's daily use of electricity or water."""
    dice = generator(seed)
    result: Floats = mean * dice.gamma(1 / stray**2, stray**2, DAYS)
    return result


def heating(means: Floats, base: float, slope: float, seed: int = 1) -> Floats:
    """Return a daily use that follows the weather."""
    dice = generator(seed)
    wanted = base + slope * np.maximum(15.0 - means, 0.0)
    result: Floats = wanted * dice.gamma(100, 0.01, DAYS)
    return result


def instants(numbers: Sequence[int] | NDArray[np.int64]) -> list[float]:
    """Return the local midnights that begin these days."""
    return [midnight(day(int(number)), BERLIN) for number in numbers]


def counter(use: Floats, start: float = 1000.0) -> Floats:
    """Return what the dial shows at each midnight."""
    return start + np.concatenate(([0.0], np.cumsum(use)))


def read_daily(use: Floats, first: int = 0, last: int = DAYS) -> list[Point]:
    """Read the dial at every midnight."""
    shown = counter(use[first:last])
    times = instants(range(first, last + 1))
    return [
        (time, value, ReadingKind.ACTUAL)
        for time, value in zip(times, shown.tolist(), strict=True)
    ]


def visits(first: int = 0, last: int = DAYS, seed: int = 1) -> list[int]:
    """Return days, 20 to 45 apart, on which somebody looks at a dial."""
    dice = generator(seed)
    found = [first]
    while found[-1] < last:
        found.append(min(found[-1] + int(dice.integers(20, 45)), last))
    return found


def read_at(use: Floats, numbers: Sequence[int], start: float = 1000.0) -> list[Point]:
    """Read the dial at the midnights that begin these days; it stood at `start`."""
    shown = counter(use)
    base = shown[numbers[0]]
    return [
        (time, start + float(shown[number] - base), ReadingKind.ACTUAL)
        for time, number in zip(instants(numbers), numbers, strict=True)
    ]


def typed(point: Point, value: float) -> Point:
    """Return a reading with another value."""
    return point[0], value, point[2]


def of_kind(point: Point, kind: str) -> Point:
    """Return a reading of another kind."""
    return point[0], point[1], ReadingKind(kind)


@dataclass
class Home:
    """Meters with their readings, to be analysed together."""

    readings: dict[str, list[Point]] = field(default_factory=dict)
    meters: list[Meter] = field(default_factory=list)
    masters: list[Master] = field(default_factory=list)
    virtuals: list[Virtual] = field(default_factory=list)
    more: Mapping[str, Any] = field(default_factory=dict)

    def add(self, name: str, points: list[Point], **fields: Any) -> None:
        """Add a physical meter."""
        self.meters.append(meter(meter_id=name, name=name, **fields))
        self.readings[name.lower()] = points

    def join(
        self,
        name: str,
        *periods: tuple[date, date | None, Sequence[str]],
        **fields: Any,
    ) -> None:
        """Add a master."""
        usual = {"medium": Medium.ELECTRICITY, "unit": "kWh"} | fields
        self.masters.append(
            Master(
                meter_id=name,
                name=name,
                periods=tuple(
                    MasterPeriod(start=start, end=end, sources=tuple(sources))
                    for start, end, sources in periods
                ),
                **usual,
            )
        )

    def compute(self, name: str, *terms: Term, **fields: Any) -> None:
        """Add a virtual meter."""
        usual = {"medium": Medium.ELECTRICITY, "unit": "kWh"} | fields
        self.virtuals.append(Virtual(meter_id=name, name=name, terms=terms, **usual))

    def analysed(
        self, as_of: date = LAST + timedelta(days=1), **context: Any
    ) -> Mapping[str, MeterReport]:
        """Return all reports."""
        return self.report(as_of, **context).meters

    def report(self, as_of: date, **context: Any) -> Report:
        """Return the whole report as seen at the beginning of a day."""
        return analyse(
            House(
                time_zone="Europe/Berlin",
                meters=tuple(self.meters),
                masters=tuple(self.masters),
                virtuals=tuple(self.virtuals),
                **self.more,
            ),
            {key: series(points) for key, points in self.readings.items()},
            Context(as_of=midnight(as_of, BERLIN), **context),
        )


def one(
    points: list[Point], as_of: date = LAST + timedelta(days=1), **fields: Any
) -> MeterReport:
    """Return the report of a single meter."""
    context = {k: fields.pop(k) for k in ("temperature", "detectors") if k in fields}
    home = Home()
    home.add("zaehler", points, **fields)
    return home.analysed(as_of, **context)["zaehler"]


def codes(report: Consumption) -> list[str]:
    """Return what a report's findings are about."""
    return [finding.code for finding in report.findings]


def events_of(report: MeterReport) -> list[Anomaly]:
    """Return the anomalies that reach into the days since `START`."""
    return [a for a in report.anomalies if a.end >= day(START)]

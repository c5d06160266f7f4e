"""Random meters with known truth."""

from array import array
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from custom_components.nebenkosten.engine.domain.meters import House, Medium, Meter
from custom_components.nebenkosten.engine.domain.report import (
    KINDS,
    Amounts,
    Consumption,
    Context,
    MeterReport,
    ReadingKind,
    Readings,
    Series,
    empty_series,
)
from custom_components.nebenkosten.engine.meter_kinds import compute
from custom_components.nebenkosten.engine.meter_kinds.interface import Setting
from custom_components.nebenkosten.engine.pipeline import analyse

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Lord_Howe")

type Point = tuple[float, float, ReadingKind]
type Amount = tuple[float, float, float]


def meter(**fields: Any) -> Meter:
    """Return a meter with the usual values."""
    usual: dict[str, Any] = {
        "meter_id": "Strom",
        "name": "Strom",
        "medium": Medium.ELECTRICITY,
        "unit": "kWh",
    }
    return Meter(**(usual | fields))


def series(
    points: Sequence[Point],
    amounts: Sequence[Amount] = (),
    confirmed: frozenset[int] = frozenset(),
) -> Series:
    """Return readings (time, value, kind) and amounts (start, end, use) as columns."""
    empty = empty_series()
    return Series(
        Readings(
            ids=array("q", range(1, len(points) + 1)),
            times=array("d", [p[0] for p in points]),
            values=array("d", [p[1] for p in points]),
            kinds=array("b", [KINDS.index(p[2]) for p in points]),
            revisions=array("q", range(1, len(points) + 1)),
            units=array("b", [0] * len(points)),
            confirmed=confirmed,
        ),
        Amounts(
            ids=array("q", range(1, len(amounts) + 1)),
            starts=array("d", [a[0] for a in amounts]),
            ends=array("d", [a[1] for a in amounts]),
            values=array("d", [a[2] for a in amounts]),
            revisions=array("q", range(1, len(amounts) + 1)),
            units=array("b", [0] * len(amounts)),
        )
        if amounts
        else empty.amounts,
    )


def at(text: str, zone: ZoneInfo = BERLIN) -> float:
    """Return the instant of a local time."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def read(text: str, value: float, kind: str = "actual") -> Point:
    """Return one reading."""
    return at(text), value, ReadingKind(kind)


def report_of(
    one: Meter,
    points: list[Point],
    as_of: str | float = "2026-01-01",
    *,
    zone: str = "Europe/Berlin",
    amounts: Sequence[Amount] = (),
    hours_from: date | None = None,
    confirmed: frozenset[int] = frozenset(),
) -> MeterReport:
    """Analyse one meter."""
    instant = at(as_of, ZoneInfo(zone)) if isinstance(as_of, str) else as_of
    found = analyse(
        House(time_zone=zone, meters=(one,)),
        {one.key: series(points, amounts, confirmed)},
        Context(as_of=instant, hours_from={one.key: hours_from} if hours_from else {}),
    )
    return found.meters[one.key]


def days_of(
    points: Sequence[Point],
    as_of: float,
    zone: str = "Europe/Berlin",
    **fields: object,
) -> Consumption:
    """Return a meter's days and nothing more."""
    found = meter(**fields)
    house = House(time_zone=zone, meters=(found,))
    setting = Setting.of(house, {found.key: series(points)}, Context(as_of=as_of))
    return compute(found, {}, setting).consumption


@st.composite
def sparse_readings(draw: st.DrawFn) -> tuple[str, list[Point]]:
    """Draw a zone and rising readings at any times over up to three years."""
    zone = draw(st.sampled_from(ZONES))
    start = datetime(2023, 1, 1, tzinfo=ZoneInfo(zone))
    gaps = draw(
        st.lists(
            st.integers(min_value=1, max_value=60 * 24 * 60), min_size=1, max_size=40
        )
    )
    at_midnight = draw(st.lists(st.booleans(), min_size=41, max_size=41))
    value = draw(st.floats(min_value=0, max_value=1e6, width=32))
    points: list[Point] = []
    moment = start
    for number, gap in enumerate([0, *gaps]):
        moment += timedelta(minutes=gap)
        if at_midnight[number]:
            moment = datetime.combine(
                moment.date() + timedelta(days=1), datetime.min.time(), moment.tzinfo
            )
        value += draw(st.floats(min_value=0, max_value=1e4, width=32))
        points.append((moment.timestamp(), value, ReadingKind.ACTUAL))
    return zone, points

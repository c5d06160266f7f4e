"""The house's summary of a day."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final, cast
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import JsonObjectType

from ..engine.domain.degree_days import DegreeDays, degree_days, facts_of
from ..engine.domain.meters import AnyMeter, House
from ..engine.domain.report import MeterReport, Temperature
from ..engine.queries import metrics
from ..journal.acknowledgements import Acknowledgement
from ..runs.alerts import is_acknowledged
from .public_holidays import holiday_on

if TYPE_CHECKING:
    from ..engine.queries.daily_summary import DaySummary
    from .queries import Lookup

# Of the 32 KiB that the recorder keeps of an event [bytes]; the day itself is short.
_ROOM: Final = 30_000


async def async_summary(
    hass: HomeAssistant,
    lookup: Lookup,
    house: House,
    meters: Sequence[AnyMeter],
    day: date,
    federal_state: str | None,
) -> JsonObjectType:
    """Return a day of these meters; one that does not have the day is left out."""
    analyses = await lookup.async_analyses([meter.key for meter in meters])
    warmth = await lookup.async_temperature()
    acknowledged = await lookup.async_acknowledged(meters)
    reports = [one.report for one in analyses]
    return await hass.async_add_executor_job(
        _summed_up, reports, house, warmth, day, federal_state, acknowledged
    )


def _summed_up(
    reports: Sequence[MeterReport],
    house: House,
    warmth: Temperature | None,
    day: date,
    federal_state: str | None,
    acknowledged: Mapping[str, Sequence[Acknowledgement]],
) -> JsonObjectType:
    # Loaded by the analysis; never at set-up.
    from ..engine.queries.daily_summary import mean_of, summary_of

    zone = ZoneInfo(house.time_zone)
    found: JsonObjectType = {}
    for report in reports:
        summary = summary_of(report, day, zone)
        if summary is not None:
            meter = report.meter
            found[meter.meter_id] = {
                "unit": metrics.CONSUMPTION.unit_of(meter),
                **_plain(summary),
                "acknowledged": [
                    event.kind
                    for event in report.anomalies
                    if event.start <= day <= event.end
                    and is_acknowledged(event, acknowledged[meter.key])
                ],
            }
    degrees = degree_days(mean_of(warmth, day))
    facts = facts_of(day, house.billing_year_start)
    return {
        "date": day.isoformat(),
        "degree_days": None if degrees is None else degrees.g20_15,
        "weather": _weather(degrees),
        "weekday": facts.weekday,
        "holiday": holiday_on(day, federal_state),
        "heating_season": facts.heating_season,
        "billing_year": facts.billing_year,
        "gradtag": float(facts.gradtag),
        "meters": found,
    }


def portions_of(summary: JsonObjectType) -> Iterator[JsonObjectType]:
    """Yield a day's summary as events that the recorder keeps.

    It drops what is longer than 32 KiB. All but the largest houses fit into one;
    `part` of `parts` tells which meters an event is about.
    """
    meters = cast(JsonObjectType, summary["meters"])
    rest = {key: value for key, value in summary.items() if key != "meters"}
    portions: list[JsonObjectType] = [{}]
    room = _ROOM
    for meter_id, day in meters.items():
        needed = len(json_bytes({meter_id: day}))
        if needed > room and portions[-1]:
            portions.append({})
            room = _ROOM
        room -= needed
        portions[-1][meter_id] = day
    for number, portion in enumerate(portions, 1):
        yield rest | {"meters": portion, "part": number, "parts": len(portions)}


def _plain(summary: DaySummary) -> JsonObjectType:
    return {
        "consumption": summary.consumption,
        "expected": summary.expected,
        "deviation": summary.deviation,
        "provenance": summary.provenance.name.lower(),
        "flags": list(summary.flags),
        "parts": dict(summary.parts),
        "quiet": summary.quiet,
    }


def _weather(degrees: DegreeDays | None) -> JsonObjectType | None:
    """Return how warm a day was; one that nobody knows has no degree days, not 0."""
    if degrees is None:
        return None
    return {
        "mean": degrees.mean,
        "g20_15": degrees.g20_15,
        "hgt15": degrees.hgt15,
        "kind": degrees.weather.value,
    }

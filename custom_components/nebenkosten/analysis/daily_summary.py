"""The house's summary of a day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, cast
from zoneinfo import ZoneInfo

from homeassistant.helpers.json import json_bytes
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType

from ..const import EVENT_DAILY_SUMMARY
from ..engine.domain import metrics
from ..engine.domain.answers import DaySummary
from ..engine.domain.degree_days import DegreeDays, degree_days, facts_of
from ..engine.domain.meters import AnyMeter, House
from ..engine.domain.report import MeterReport, Temperature
from ..journal.acknowledgements import Acknowledgement
from .alerts import is_acknowledged
from .loaded_house import LoadedHouse
from .public_holidays import holiday_on
from .queries import Queries

# Of the 32 KiB that the recorder keeps of an event [bytes]; the day itself is short.
_ROOM: Final = 30_000


class DailySummaries:
    """Sums a house's days up, for whoever asks and for automations."""

    def __init__(self, loaded: LoadedHouse, queries: Queries) -> None:
        """Ask the queries of one house."""
        self._loaded = loaded
        self._queries = queries

    async def async_of(self, meters: Sequence[AnyMeter], day: date) -> JsonObjectType:
        """Return a day of these meters; one that does not have the day is left out."""
        analyses = await self._queries.async_analyses([meter.key for meter in meters])
        known = _Known(
            house=self._loaded.house,
            warmth=await self._queries.async_temperature(),
            federal_state=self._loaded.settings.federal_state,
            acknowledged=await self._queries.async_acknowledged(meters),
        )
        reports = [one.report for one in analyses]
        return await self._loaded.hass.async_add_executor_job(
            _summed_up, reports, day, known
        )

    async def async_tell_of_yesterday(self) -> None:
        """Tell automations of the day that is over."""
        day = dt_util.now().date() - timedelta(days=1)
        summary = await self.async_of(self._loaded.house.all_meters, day)
        for portion in portions_of(summary):
            self._loaded.hass.bus.async_fire(EVENT_DAILY_SUMMARY, portion)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known beside the meters' reports."""

    house: House
    warmth: Temperature | None
    federal_state: str | None
    acknowledged: Mapping[str, Sequence[Acknowledgement]]


def _summed_up(
    reports: Sequence[MeterReport], day: date, known: _Known
) -> JsonObjectType:
    # Loaded by the analysis; never at set-up.
    from ..engine import api

    zone = ZoneInfo(known.house.time_zone)
    found: JsonObjectType = {}
    for report in reports:
        summary = api.summary_of(report, day, zone)
        if summary is not None:
            meter = report.meter
            found[meter.meter_id] = {
                "unit": metrics.CONSUMPTION.unit_of(meter),
                **_plain(summary),
                "acknowledged": [
                    event.kind
                    for event in report.anomalies
                    if event.start <= day <= event.end
                    and is_acknowledged(event, known.acknowledged[meter.key])
                ],
            }
    degrees = degree_days(api.mean_of(known.warmth, day))
    facts = facts_of(day, known.house.billing_year_start)
    return {
        "date": day.isoformat(),
        "degree_days": None if degrees is None else degrees.g20_15,
        "weather": _weather(degrees),
        "weekday": facts.weekday,
        "holiday": holiday_on(day, known.federal_state),
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

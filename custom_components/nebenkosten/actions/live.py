"""What the actions tell of the last minutes and hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
import time
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..analysis.last_hours import Hour
from ..engine.domain.local_days import iso
from ..engine.domain.meters import Meter
from ..live.today import used_today
from ..live.window import Bucket, Window
from ..runtime import Runtime
from .choosing import async_all_or_chosen, runtime_of, zone_of


async def get_live(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Return the last hour by the minute and the last day by the hour.

    Minutes are those of a sensor: a meter read now and then has none.
    """
    runtime = runtime_of(hass)
    chosen = await async_all_or_chosen(hass, runtime, call)
    meters = [meter for meter in chosen if isinstance(meter, Meter)]
    hours = await runtime.queries.async_hours(meters)
    seen = [_seen(runtime, meter, hours[meter.key].hours) for meter in meters]
    return await hass.async_add_executor_job(_response, seen, zone_of(runtime))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known of a meter at one moment: its window may not change meanwhile."""

    meter: Meter
    window: Window | None
    today: float | None
    hours: Sequence[Hour]


def _seen(runtime: Runtime, meter: Meter, hours: Sequence[Hour]) -> _Seen:
    window = runtime.live.windows.get(meter.key)
    last = window.last if window else None
    today = used_today(
        runtime.coordinator.data.meters.get(meter.key), last[1] if last else None
    )
    return _Seen(meter, window.copy() if window else None, today, hours)


def _response(seen: Sequence[_Seen], zone: ZoneInfo) -> JsonObjectType:
    meters: JsonObjectType = {
        one.meter.meter_id: {
            "unit": one.meter.unit,
            "available": one.window is not None,
            "today": one.today,
            **(_minutes(one.window, zone) if one.window else {"minutes": None}),
            "hours": [_hour(hour, zone) for hour in one.hours],
        }
        for one in seen
    }
    return {"meters": meters}


def _minutes(window: Window, zone: ZoneInfo) -> JsonObjectType:
    now = time.time()
    pace, last = window.pace(now), window.last
    return {
        "last": None
        if last is None
        else {"time": iso(last[0], zone), "value": last[1]},
        "rate": pace.now,
        "low": pace.low,
        "high": pace.high,
        "mean": pace.mean,
        "burst": window.bursts(now),
        "minutes": [_minute(one, zone) for one in window.minutes(now)],
    }


def _minute(bucket: Bucket | None, zone: ZoneInfo) -> JsonValueType:
    if bucket is None:
        return None
    start = datetime.fromtimestamp(bucket.minute * 60, zone)
    return {
        "start": start.isoformat(),
        "first": bucket.first,
        "last": bucket.last,
        "low": bucket.low,
        "high": bucket.high,
        "count": bucket.count,
    }


def _hour(hour: Hour, zone: ZoneInfo) -> JsonObjectType:
    return {
        "start": iso(hour.start, zone),
        "end": iso(hour.end, zone),
        "value": hour.use,
        "provenance": hour.provenance.name.lower(),
    }

"""What the actions tell of the last minutes and hours."""

from datetime import datetime
import time
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..coordinator.live import used_today
from ..coordinator.stages import Hour
from ..coordinator.window import Bucket, Window
from ..engine.days import iso
from ..engine.meter import Meter
from .choosing import analytics_of, async_all_or_chosen, zone_of


async def get_live(hass: HomeAssistant, call: ServiceCall) -> ServiceResponse:
    """Return the last hour by the minute and the last day by the hour.

    Minutes are those of a sensor: a meter read now and then has none.
    """
    analytics = analytics_of(hass)
    zone = zone_of(analytics)
    found: JsonObjectType = {}
    for meter in await async_all_or_chosen(hass, analytics, call):
        if not isinstance(meter, Meter):
            continue
        window = analytics.live.windows.get(meter.key)
        snapshot = analytics.data.meters.get(meter.key)
        last = window.last if window else None
        hours = await analytics.lookup.async_hours(meter)
        found[meter.meter_id] = {
            "unit": meter.unit,
            "available": window is not None,
            "today": used_today(snapshot, last[1] if last else None),
            **(_minutes(window, zone) if window else {"minutes": None}),
            "hours": [_hour(one, zone) for one in hours],
        }
    return {"meters": found}


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

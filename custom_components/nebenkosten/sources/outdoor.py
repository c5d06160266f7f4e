"""Daily outdoor temperatures by a statistic of the recorder."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant

from ..engine.domain.report import Temperature
from ..outside.deadline import async_ask_recorder

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


async def async_daily_means(
    hass: HomeAssistant, statistic_id: str, until: date
) -> Temperature | None:
    """Return the mean of each day before `until` [°C]; a day without one is a gap."""
    ask = partial(
        statistics_during_period,
        hass,
        _BEGINNING,
        None,
        {statistic_id},
        "day",
        {"temperature": "°C"},
        {"mean"},
    )
    rows = await async_ask_recorder(hass, ask)
    zone = ZoneInfo(hass.config.time_zone)
    means: dict[date, float] = {}
    for row in rows.get(statistic_id, []):
        day, mean = datetime.fromtimestamp(row["start"], zone).date(), row.get("mean")
        if mean is not None and day < until:
            means[day] = mean
    if not means:
        return None
    first = min(means)
    count = (max(means) - first).days + 1
    days = (first + timedelta(days=number) for number in range(count))
    return Temperature(first, [means.get(day, float("nan")) for day in days])

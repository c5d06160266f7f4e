"""Published statistics, read back through the recorder's own API."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.components.recorder.statistics import (
    StatisticsRow,
    statistics_during_period,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance


async def _rows(
    hass: HomeAssistant,
    meter: str,
    period: Any,
    types: set[Any],
    kind: str = "consumption",
) -> list[StatisticsRow]:
    statistic = f"nebenkosten:{meter}_{kind}"
    found = await get_instance(hass).async_add_executor_job(
        lambda: statistics_during_period(
            hass,
            datetime(1970, 1, 1, tzinfo=UTC),
            None,
            {statistic},
            period,
            None,
            types,
        )
    )
    return found.get(statistic, [])


async def published(
    hass: HomeAssistant, meter: str
) -> list[tuple[datetime, float, float | None]]:
    """Return start, sum and state of each row."""
    return [
        (
            datetime.fromtimestamp(row["start"], UTC),
            float(row["sum"] or 0.0),
            row.get("state"),
        )
        for row in await _rows(hass, meter, "hour", {"sum", "state"})
    ]


async def used_per_day(
    hass: HomeAssistant, meter: str, kind: str = "consumption"
) -> dict[str, float]:
    """Return the use of each local day, as the energy dashboard reads it."""
    zone = ZoneInfo(hass.config.time_zone)
    return {
        datetime.fromtimestamp(row["start"], zone).date().isoformat(): float(
            row["change"] or 0.0
        )
        for row in await _rows(hass, meter, "day", {"change"}, kind)
    }

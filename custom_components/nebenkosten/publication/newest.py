"""The newest row that the recorder holds of our statistics."""

from collections.abc import Iterable

from homeassistant.components.recorder.db_schema import Statistics, StatisticsMeta
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance, session_scope
from sqlalchemy import func, select


async def async_newest(
    hass: HomeAssistant, statistic_ids: Iterable[str]
) -> float | None:
    """Return the start [epoch s] of the newest row of these statistics, if any."""
    return await get_instance(hass).async_add_executor_job(
        _newest, hass, set(statistic_ids)
    )


def _newest(hass: HomeAssistant, wanted: set[str]) -> float | None:
    """Ask for each one by itself: the index has the answer at its end. Blocks."""
    with session_scope(hass=hass, read_only=True) as session:
        known = session.execute(select(StatisticsMeta.id, StatisticsMeta.statistic_id))
        ids = [number for number, name in known if name in wanted]
        found = [
            session.execute(
                select(func.max(Statistics.start_ts)).where(
                    Statistics.metadata_id == number
                )
            ).scalar()
            for number in ids
        ]
    return max((at for at in found if at is not None), default=None)

"""What tests of operation share: a read house, the recorder's tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from homeassistant.components.recorder.db_schema import Statistics, StatisticsMeta
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.recorder import get_instance, session_scope
from sqlalchemy import event, select

from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.upkeep.storage_files import async_remove_stored

from ..home_assistant.conftest import act, add_meter, settle

READ = (("2026-01-31", 1000), ("2026-02-28", 1280), ("2026-03-09", 1370))


async def read_house(
    hass: HomeAssistant, house: NkConfigEntry, **form: Any
) -> dict[str, Any]:
    """Add a meter that was read three times, run, and return the run.

    The night's work that a first run brings along is over then, too.
    """
    await add_meter(hass, house, **form)
    for time, value in READ:
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)
    found: dict[str, Any] = await act(hass, "run_analytics")
    await settle(hass)
    return found


def state(hass: HomeAssistant, key: str, platform: str = "sensor") -> Any:
    """Return the state of an entity by its unique id."""
    entity_id = er.async_get(hass).async_get_entity_id(platform, "nebenkosten", key)
    assert entity_id is not None, key
    return hass.states.get(entity_id)


def issues(hass: HomeAssistant) -> set[str]:
    """Return the ids of our open issues."""
    return {i for domain, i in ir.async_get(hass).issues if domain == "nebenkosten"}


async def edit_rows(hass: HomeAssistant, statistic: str, change: Any) -> None:
    """Change rows of the recorder's own table; `change` gets session and rows."""

    def work() -> None:
        with session_scope(hass=hass) as session:
            meta = session.execute(
                select(StatisticsMeta.id).where(
                    StatisticsMeta.statistic_id == f"nebenkosten:{statistic}"
                )
            ).scalar_one()
            rows = list(
                session.execute(
                    select(Statistics)
                    .where(Statistics.metadata_id == meta)
                    .order_by(Statistics.start_ts)
                ).scalars()
            )
            change(session, rows)

    await get_instance(hass).async_add_executor_job(work)


@contextmanager
def statements(hass: HomeAssistant) -> Iterator[list[str]]:
    """Collect every statement that reaches the recorder's database."""
    told: list[str] = []

    def heard(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        told.append(statement)

    engine = get_instance(hass).engine
    event.listen(engine, "before_cursor_execute", heard)
    try:
        yield told
    finally:
        event.remove(engine, "before_cursor_execute", heard)


async def lose_cache(hass: HomeAssistant, house: NkConfigEntry) -> None:
    """Delete what can be computed anew while the house is not loaded; load it again."""
    assert await hass.config_entries.async_unload(house.entry_id)
    await settle(hass)
    await async_remove_stored(hass)
    assert await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)

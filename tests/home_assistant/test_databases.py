"""Every database that Home Assistant's recorder can use holds the engine's days."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
import subprocess

from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
import pytest
from pytest_socket import enable_socket

from custom_components.nebenkosten.runtime import NkConfigEntry
from scripts.databases import Database, MariaDB, PostgreSQL, unpack

from ..conftest import not_run
from .conftest import act, add_meter
from .reading_back import used_per_day

FIRST = date(2025, 1, 1)


@pytest.fixture(scope="session")
def _databases() -> None:
    """Have the servers of Debian's packages."""
    try:
        unpack()
    except (OSError, subprocess.SubprocessError) as error:
        not_run(f"Debian's databases cannot be had: {getattr(error, 'stderr', error)}")


@pytest.fixture(params=[PostgreSQL, MariaDB])
def recorder_db_url(
    request: pytest.FixtureRequest,
    _databases: None,
    hass_fixture_setup: list[bool],
) -> Iterator[str]:
    """Let the recorder use a server in place of its file."""
    enable_socket()
    make: Callable[[], Database] = request.param
    server = make()
    try:
        try:
            server.start()
        except (OSError, subprocess.SubprocessError) as error:
            why = getattr(error, "stderr", error)
            not_run(f"{type(server).__name__} cannot run: {why}")
        yield server.url
    finally:
        server.stop()


async def _holds_the_engine_s_days(hass: HomeAssistant) -> int:
    """Compare what was read back with the engine's days; returns how many."""
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    rows = (await act(hass, "get_consumption", meter_id="strom"))["meters"]["strom"]
    days = {
        row["start"][:10]: row["value"]
        for row in rows["rows"]
        if row["value"] is not None
    }
    assert await used_per_day(hass, "strom") == pytest.approx(days)
    return len(days)


async def test_what_is_published_is_what_the_engine_says(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    assert get_instance(hass).dialect_name in ("postgresql", "mysql")
    await add_meter(hass, house, name="Zähler 🔌 Süd", meter_id="strom")
    weeks = [FIRST + timedelta(weeks=number) for number in range(40)]
    rows = [f"{day},{1000 + 60 * n + (n * n) % 17}" for n, day in enumerate(weeks)]
    content = "\n".join(["time,value", *rows])
    await act(hass, "import_readings", meter_id="strom", content=content)
    whole = await _holds_the_engine_s_days(hass)
    found = await act(hass, "get_readings", meter_id="strom")
    readings = found["meters"]["strom"]["readings"]
    # Changed in the middle.
    one = readings[12]
    await act(hass, "edit_reading", reading_id=one["id"], value=one["value"] + 5)
    assert await _holds_the_engine_s_days(hass) == whole
    # Shorter: the last ones are taken back, and with them days that nobody knows then.
    for one in readings[20:]:
        await act(hass, "delete_reading", reading_id=one["id"])
    shorter = await _holds_the_engine_s_days(hass)
    assert shorter < whole
    # Longer again, and further.
    for day, value in (("2025-12-01", 3900), ("2026-03-08", 4700)):
        await act(hass, "add_reading", meter_id="strom", time=day, value=value)
    assert await _holds_the_engine_s_days(hass) > whole
    # All is taken back from the recorder, and published again.
    await act(hass, "wipe_processed", confirm=True)
    assert await used_per_day(hass, "strom") == {}
    assert await _holds_the_engine_s_days(hass) > whole
    again = await act(hass, "run_analytics", full=True)
    assert again["written"]["statistics"] == 0

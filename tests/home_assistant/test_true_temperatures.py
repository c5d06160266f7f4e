"""Water temperatures that a page no longer says are none, in whatever unit."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.recorder import get_instance
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    do_adhoc_statistics,
)

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.sources import water_temperature

from .conftest import NOW, settle
from .stations import QUARTER, SENSOR, Service, add_station, later, means, serving

STALE = "water_temperature_schliersee"


@pytest.fixture
async def service(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Service]:
    async with serving(NOW) as found:
        monkeypatch.setitem(water_temperature.STATIONS, "schliersee", found.url)
        yield found


async def _recorded(hass: HomeAssistant, freezer: Any, hours: range) -> None:
    """Let the recorder make its statistics of some hours, twelve times each."""
    for hour in hours:
        for step in range(12):
            start = NOW + timedelta(hours=hour, minutes=5 * step)
            if step % 6 == 0:
                await later(hass, freezer, start + timedelta(minutes=3))
            freezer.move_to(start + timedelta(minutes=5))
            do_adhoc_statistics(hass, start=start)
    await later(hass, freezer, NOW + timedelta(hours=hours.stop))


def _shown(hass: HomeAssistant) -> str:
    state = hass.states.get(SENSOR)
    assert state is not None
    return state.state


@pytest.mark.parametrize("charset", [None, "utf-8", "iso-8859-1", "no-such-thing"])
async def test_a_page_that_does_not_say_how_it_is_written(
    hass: HomeAssistant, house: NkConfigEntry, service: Service, charset: str | None
) -> None:
    service.content_type = "text/html" + (f"; charset={charset}" if charset else "")
    service.degrees = " °C".encode("iso-8859-1" if charset != "utf-8" else "utf-8")
    done = await add_station(hass, house)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert _shown(hass) == "4.01"


async def test_a_page_that_says_nothing_new_is_told_and_heals(
    hass: HomeAssistant, house: NkConfigEntry, service: Service, freezer: Any
) -> None:
    await add_station(hass, house)
    await _recorded(hass, freezer, range(6))
    assert _shown(hass) == "unavailable"
    issue = ir.async_get(hass).async_get_issue(DOMAIN, STALE)
    assert issue is not None
    assert issue.translation_key == "water_temperature_stale"
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["since"] == "10.03.2026 12:45"
    # As long as it may have been true it was recorded, then no more.
    flat = {hour for hour in await means(hass) if hour >= NOW}
    assert flat == {NOW + timedelta(hours=n) for n in range(4)}

    # The page comes back with all that was measured meanwhile.
    service.rows += [(NOW + QUARTER * n, f"{5 + n / 100:.2f}") for n in range(40)]
    await later(hass, freezer, NOW + timedelta(hours=10, minutes=5))
    assert _shown(hass) == "5.39"
    assert ir.async_get(hass).async_get_issue(DOMAIN, STALE) is None
    hours = await means(hass)
    for n in range(8):
        expected = 5 + (4 * n + 1.5) / 100
        assert hours[NOW + timedelta(hours=n)] == pytest.approx(expected)


async def test_a_row_of_the_future_keeps_no_later_one_out(
    hass: HomeAssistant, house: NkConfigEntry, service: Service, freezer: Any
) -> None:
    service.rows.append((datetime(2062, 3, 10, tzinfo=UTC), "9,9"))
    await add_station(hass, house)
    assert _shown(hass) == "4.01"
    service.rows.insert(-1, (NOW + timedelta(minutes=30), "4,5"))
    await later(hass, freezer, NOW + timedelta(minutes=40))
    assert _shown(hass) == "4.5"


async def test_a_house_in_fahrenheit_keeps_its_history(
    hass: HomeAssistant, house: NkConfigEntry, service: Service, freezer: Any
) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM
    rows = service.rows
    # At first only what is young: the recorder itself begins the statistic.
    service.rows = rows[-2:]
    await add_station(hass, house)
    await _recorded(hass, freezer, range(1))
    before = await means(hass, "°F")
    assert before == {NOW: pytest.approx(4.01 * 1.8 + 32, abs=0.06)}
    service.rows = [*rows, (NOW + timedelta(hours=3), "4,1")]
    await later(hass, freezer, NOW + timedelta(hours=3, minutes=10))
    after = await means(hass, "°F")
    assert after[NOW] == before[NOW]
    first = datetime(2026, 3, 8, 10, tzinfo=UTC)
    assert after[first] == pytest.approx(5.985 * 1.8 + 32)
    found = await get_instance(hass).async_add_executor_job(
        lambda: get_metadata(hass, statistic_ids={SENSOR})
    )
    assert found[SENSOR][1]["unit_of_measurement"] == "°F"
    await settle(hass)

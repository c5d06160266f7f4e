"""Stations of water temperatures, from a page that a local server shows."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from influxdb import InfluxDBClient
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.nebenkosten.const import DOMAIN, SUBENTRY_WATER
from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.sources import water_temperature
from scripts.servers import Influxd

from .conftest import NOW, settle
from .influx_house import Beside, connect
from .stations import SENSOR, Service, add_station, later, means, serving


@pytest.fixture
async def service(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Service]:
    async with serving(NOW) as found:
        monkeypatch.setitem(water_temperature.STATIONS, "schliersee", found.url)
        yield found


async def test_a_station_with_all_rows_of_its_page(
    hass: HomeAssistant, house: NkConfigEntry, service: Service, freezer: Any
) -> None:
    done = await add_station(hass, house)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["unique_id"] == "water_temperature:schliersee"
    state = hass.states.get(SENSOR)
    assert state is not None
    assert state.state == "4.01"
    assert state.attributes["state_class"] == "measurement"
    assert state.attributes["measured_at"] == "2026-03-10T11:45:00+00:00"
    hours = await means(hass)
    # Fifty hours lie on the page; the last ones are the recorder's own work.
    assert len(hours) == 48
    first = datetime(2026, 3, 8, 10, tzinfo=UTC)
    assert hours[first] == pytest.approx((6 + 5.99 + 5.98 + 5.97) / 4)

    # A day without Home Assistant: nothing is missing afterwards, nothing is double.
    now = NOW + timedelta(days=1)
    service.rows += [(NOW + timedelta(minutes=15 * n), "5,5") for n in range(96)]
    await later(hass, freezer, now)
    state = hass.states.get(SENSOR)
    assert state is not None
    assert state.state == "5.5"
    hours = await means(hass)
    expected = {first + timedelta(hours=n) for n in range(72)}
    assert (
        expected - {NOW - timedelta(hours=2), NOW - timedelta(hours=1)} <= hours.keys()
    )
    asked = len(service.asked)
    await later(hass, freezer, now + timedelta(minutes=33))
    assert len(service.asked) == asked + 1
    assert service.asked[-1]["If-None-Match"] == service.etag

    # It also knows its last row after a restart.
    await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    state = hass.states.get(SENSOR)
    assert state is not None
    assert state.state == "5.5"
    await async_wait_recording_done(hass)


async def test_a_page_that_changed_its_form(
    hass: HomeAssistant,
    house: NkConfigEntry,
    service: Service,
    freezer: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await add_station(hass, house)
    service.body = "<table><tr><th>Pegel</th><th>cm</th></tr></table>"
    for hours in (1, 2):
        await later(hass, freezer, NOW + timedelta(hours=hours))
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "water_temperature_schliersee")
    assert issue is not None
    assert issue.translation_key == "water_temperature_page"
    assert issue.translation_placeholders is not None
    assert "Pegel | cm" in issue.translation_placeholders["found"]
    assert sum("is out of reach" in r.getMessage() for r in caplog.records) == 1
    assert not [r for r in caplog.records if r.levelname == "ERROR"]
    state = hass.states.get(SENSOR)
    assert state is not None
    assert state.state == "4.01"
    service.body = None
    service.rows.append((NOW + timedelta(hours=2), "4,2"))
    await later(hass, freezer, NOW + timedelta(hours=3))
    assert not ir.async_get(hass).async_get_issue(
        DOMAIN, "water_temperature_schliersee"
    )
    state = hass.states.get(SENSOR)
    assert state is not None
    assert state.state == "4.2"


async def test_the_raw_bucket_has_every_row_once(
    hass: HomeAssistant,
    house: NkConfigEntry,
    service: Service,
    influxd: Influxd,
    freezer: Any,
) -> None:
    beside = Beside(influxd.url)
    # Nobody there at first: rows wait.
    await connect(hass, house, beside.form())
    data = {
        **house.data,
        "influxdb": {**house.data["influxdb"], "url": "http://127.0.0.1:1"},
    }
    hass.config_entries.async_update_entry(house, data=data)
    await settle(hass)
    await add_station(hass, house)
    data = {**house.data, "influxdb": beside.form() | {"version": "1"}}
    hass.config_entries.async_update_entry(house, data=data)
    await settle(hass)
    await later(hass, freezer, NOW + timedelta(hours=1))
    client = InfluxDBClient(port=influxd.port, username=None, password=None)
    found = client.query('SELECT * FROM "°C"', epoch="s", database=beside.raw)
    points = list(found.get_points())
    assert len(points) == len(service.rows)
    assert points[0]["time"] == service.rows[0][0].timestamp()
    assert points[0] == points[0] | {
        "domain": "sensor",
        "entity_id": "temp_schliersee_water",
        "lake": "Schliersee",
        "source": "127.0.0.1",
        "value": 6.0,
    }


async def test_a_page_without_an_end(
    hass: HomeAssistant, house: NkConfigEntry, service: Service
) -> None:
    service.body = "<table>" + "x" * 3_000_000
    done = await add_station(hass, house)
    assert done["errors"] == {"url": "water_page"}


async def test_hours_that_are_still_young_are_the_recorder_s(
    hass: HomeAssistant, house: NkConfigEntry, service: Service
) -> None:
    service.rows = service.rows[-2:]
    assert (await add_station(hass, house))["type"] is FlowResultType.CREATE_ENTRY
    assert await means(hass) == {}


@pytest.mark.parametrize(
    ("form", "errors"),
    [
        ({"station": "other"}, {"name": "name_missing"}),
        ({"station": "other", "name": "Inn"}, {"url": "water_address"}),
        (
            {"station": "other", "name": "Inn", "url": "http://127.0.0.1:1/x"},
            {"url": "water_address"},
        ),
    ],
)
async def test_what_is_wrong_with_a_station(
    hass: HomeAssistant,
    house: NkConfigEntry,
    service: Service,
    form: dict[str, str],
    errors: dict[str, str],
) -> None:
    assert (await add_station(hass, house, **form))["errors"] == errors


@pytest.mark.parametrize(
    ("status", "key"),
    [(404, "place"), (403, "refused"), (429, "busy"), (500, "server")],
)
async def test_what_the_service_answers(
    hass: HomeAssistant, house: NkConfigEntry, service: Service, status: int, key: str
) -> None:
    service.status = status
    done = await add_station(hass, house, station="other", name="Inn", url=service.url)
    assert done["errors"] == {"url": f"water_{key}"}


async def test_another_station_and_its_new_address(
    hass: HomeAssistant, house: NkConfigEntry, service: Service
) -> None:
    done = await add_station(hass, house, station="other", name="Inn", url=service.url)
    assert done["unique_id"] == "water_temperature:inn"
    assert (
        await add_station(hass, house, station="other", name="INN", url=service.url)
    )["reason"] == "already_configured"
    subentry = next(iter(house.get_subentries_of_type(SUBENTRY_WATER)))
    manager = hass.config_entries.subentries
    for url, kind in (
        (f"{service.url}/x", FlowResultType.FORM),
        (service.url, FlowResultType.ABORT),
    ):
        flow = await manager.async_init(
            (house.entry_id, SUBENTRY_WATER),
            context={"source": "reconfigure", "subentry_id": subentry.subentry_id},
        )
        found = await manager.async_configure(
            flow["flow_id"], {"name": "Der Inn", "url": url}
        )
        assert found["type"] is kind
        if kind is FlowResultType.FORM:
            manager.async_abort(flow["flow_id"])
    await settle(hass)
    assert subentry.title == "Der Inn"
    await async_wait_recording_done(hass)

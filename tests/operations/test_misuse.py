"""What somebody may call with anything, nobody may call, and nobody may see."""

from contextlib import suppress
import logging
import random
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.setup import async_setup_component
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.runtime import NkConfigEntry
from scripts.servers import Influxd

from ..gate import gate_before
from ..home_assistant.conftest import act, settle
from ..home_assistant.influx_house import Beside, connect
from ..tibber.stand_in import FakeTibber
from .tools import issues, read_house

CANARY = "c4n4ry-never-to-be-seen"
_FIELDS = {
    "meter_id": (
        "strom",
        ["strom"],
        "",
        "nobody",
        5,
        None,
        ["strom", "strom"],
        "STROM",
    ),
    "device_id": ("", "nobody", ["x"], 7),
    "value": ("1.234,5", -1, "abc", float("inf"), 1e400, "", None, [1], "9" * 400),
    "time": ("2026-02-01", "31.02.2026", "0001-01-01", "9999-12-31", "", 5, "now"),
    "unit": ("kWh", "m³", "°C", "", 5),
    "kind": ("actual", "guess", ""),
    "note": ("x" * 10_000, "", 5),
    "start": ("2026-01-01", "9999-12-31", "x"),
    "end": ("2026-01-01", "0001-01-01", 5),
    "date": ("2026-01-01", "9999-12-31", "x"),
    "at": ("2026-02-01", "0001-01-01", "9999-12-31", "", "x"),
    "reading_id": (1, 10**30, -1, "x"),
    "limit": (1, 0, 10**30, "x"),
    "next": (1, 10**30, "x"),
    "content": ("", "time,value\n2026-02-01,5\n", "\x00", "a;b\n;;;\n", "x" * 5000),
    "path": ("../secrets.yaml", "/etc/passwd", "", "nothing.csv"),
    "period": ("day", "year", "hour"),
    "bare_dates": ("start", "x"),
    "final_value": (1400, "x", -1),
    "first_value": (0, "x"),
    "id": ("", "nobody", 5),
    "dry_run": (True, False, "x"),
    "full": (True, "x"),
    "confirm": (False, "x"),
    "confirmed": (True, False, "x"),
    "undo": (True, False, "x"),
    "order": ("newest", "oldest", "x"),
    "by_hand": (True, False, "x"),
    "years": (1, 0, 99, "x"),
    "serial_number": ("4711", "", 5),
}
_FREE = ("add_reading", "run_analytics", "acknowledge_anomaly", "get_readings")


async def test_whatever_an_action_is_called_with_it_answers_or_refuses(
    hass: HomeAssistant, house: NkConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    await read_house(hass, house)
    before = (await act(hass, "get_readings"))["meters"]["strom"]["readings"]
    dice = random.Random(4711)
    services = hass.services.async_services_for_domain(DOMAIN)
    answered = refused = 0
    for number in range(1500):
        name = dice.choice(sorted(services))
        schema: Any = services[name].schema
        names = [str(field) for field in schema.schema]
        given = dice.sample(names, dice.randint(0, len(names)))
        data = {field: dice.choice(_FIELDS[field]) for field in given}
        try:
            await act(hass, name, **data)
        except vol.Invalid, HomeAssistantError:
            refused += 1
        else:
            answered += 1
        if number % 300 == 0:
            await settle(hass)
    assert answered > 50
    assert refused > 50
    found = (await act(hass, "get_readings", limit=100))["meters"]["strom"]["readings"]
    times = {one["time"] for one in found}
    assert {one["time"] for one in before} <= times
    errors = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert [r.getMessage() for r in errors if "nebenkosten" in r.name] == []


async def test_only_administrators_change_the_past(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await read_house(hass, house)
    user = MockUser(groups=[]).add_to_hass(hass)
    user.mock_policy({"entities": True})
    context = Context(user_id=user.id)
    asked: dict[str, dict[str, Any]] = {
        "import_readings": {"content": "x"},
        "export_readings": {},
        "edit_reading": {"reading_id": 1},
        "delete_reading": {"reading_id": 1},
        "replace_meter": {"meter_id": "strom", "final_value": 1400},
        "wipe_processed": {"confirm": True},
        "import_tibber_history": {"years": 1},
    }
    for name, data in asked.items():
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                DOMAIN,
                name,
                data,
                blocking=True,
                context=context,
                return_response=True,
            )
    for name in _FREE:
        free: dict[str, Any] = {"meter_id": "strom"}
        free |= {"value": 1380} if name == "add_reading" else {}
        with suppress(ServiceValidationError):
            await hass.services.async_call(
                DOMAIN, name, free, blocking=True, context=context, return_response=True
            )


@pytest.mark.parametrize("mood", [401, 403, 500, "garbage", "cut"])
async def test_no_secret_is_told_whatever_goes_wrong(
    hass: HomeAssistant,
    house: NkConfigEntry,
    fake: FakeTibber,
    influxd: Influxd,
    caplog: pytest.LogCaptureFixture,
    mood: int | str,
) -> None:
    caplog.set_level(logging.DEBUG)
    assert await async_setup_component(hass, "repairs", {})
    with gate_before(influxd.url) as gate:
        beside = Beside(influxd.url)
        form = beside.form(gate.url) | {"username": "somebody", "password": CANARY}
        await connect(hass, house, form)
        fake.token = f"{CANARY}-tibber"
        house_data = {**house.data, "tibber": {"token": fake.token}}
        hass.config_entries.async_update_entry(house, data=house_data)
        await settle(hass)
        await read_house(hass, house)
        gate.mood = mood
        fake.moods = ["cut", "garbage", 500]
        fake.token = "another"
        told: list[Any] = [await act(hass, "run_analytics", full=True)]
        try:
            await act(hass, "wipe_processed", confirm=True)
        except HomeAssistantError as error:
            told.append(repr(error) + str(error.__cause__))
        await settle(hass)
        told += [await act(hass, "get_runs"), issues(hass)]
        told.append([repr(flow) for flow in hass.config_entries.flow.async_progress()])
    ours = [
        record.getMessage() + (record.exc_text or "")
        for record in caplog.records
        if not record.name.startswith(("homeassistant.core", "sqlalchemy"))
    ]
    assert CANARY not in str(told)
    assert [line[:300] for line in ours if CANARY in line] == []

"""Triggers, conditions and blueprints, each run by the automation component."""

from pathlib import Path
import shutil
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import condition, device_registry as dr
from homeassistant.setup import async_setup_component
import pytest

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.runtime import NkConfigEntry

from .alerts import LEAK, state
from .clock import pass_to
from .conftest import act, settle
from .leaking_house import leaking

BLUEPRINTS = Path(__file__).parents[2] / "blueprints" / "automation" / "nebenkosten"

type Sent = list[dict[str, Any]]


@pytest.fixture
def sent(hass: HomeAssistant) -> Sent:
    """Return what reaches the phone."""
    found: Sent = []

    @callback
    def notify(call: ServiceCall) -> None:
        found.append(dict(call.data))

    hass.services.async_register("notify", "phone", notify)
    return found


async def automate(hass: HomeAssistant, *automations: dict[str, Any]) -> None:
    assert await async_setup_component(
        hass, "automation", {"automation": list(automations)}
    )
    await settle(hass)


async def use(hass: HomeAssistant, name: str, **inputs: Any) -> None:
    """Use one of our blueprints as a person would have imported it."""
    folder = Path(hass.config.path("blueprints", "automation", "nebenkosten"))
    shutil.copytree(BLUEPRINTS, folder)
    blueprint = {"path": f"nebenkosten/{name}.yaml", "input": inputs}
    await automate(hass, {"id": name, "use_blueprint": blueprint})


async def test_an_anomaly_is_notified_acknowledged_and_taken_back(
    hass: HomeAssistant, house: NkConfigEntry, sent: Sent
) -> None:
    await use(hass, "anomaly_notification", notify="notify.phone", meters=["WASSER"])
    await leaking(hass, house, LEAK)
    await hass.async_block_till_done()
    (told,) = sent
    assert told["title"] == "Wasser"
    (button,) = told["data"]["actions"]
    hass.bus.async_fire("mobile_app_notification_action", {"action": button["action"]})
    await hass.async_block_till_done()
    await settle(hass)
    assert state(hass, "binary_sensor.wasser_anomaly").state == "off"
    (event,) = (await act(hass, "get_anomalies", start="2026-03-01"))["meters"][
        "wasser"
    ]
    assert event["acknowledged"] is True
    hass.bus.async_fire(
        "nebenkosten_anomaly",
        {"meter_id": "wasser", "id": event["id"], "phase": "ended"},
    )
    await hass.async_block_till_done()
    assert sent[-1]["message"] == "clear_notification"
    assert sent[-1]["data"]["tag"] == told["data"]["tag"]


async def test_a_reminder_names_what_is_overdue(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any, sent: Sent
) -> None:
    await use(hass, "reading_reminder", notify="notify.phone", at="18:00:00")
    await leaking(hass, house, {})
    await pass_to(hass, freezer, "2026-03-11T18:00:00")
    assert sent == []
    await pass_to(hass, freezer, "2026-03-14T10:10:00")
    await pass_to(hass, freezer, "2026-03-14T18:00:00")
    assert sent[-1] == {"title": "Meters to read", "message": "Wasser"}
    # A clock that goes on would be left over.
    every = {"entity_id": "all", "stop_actions": True}
    await hass.services.async_call("automation", "turn_off", every, blocking=True)


async def test_a_day_is_summed_up_on_the_phone(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any, sent: Sent
) -> None:
    await use(hass, "daily_summary", notify="notify.phone", meters=["WASSER"])
    await leaking(hass, house, LEAK)
    await act(
        hass, "add_reading", meter_id="wasser", time="2026-03-11 00:00", value=170
    )
    await pass_to(hass, freezer, "2026-03-11T03:31:00")
    told = sent[-1]
    assert told["title"] == "2026-03-10"
    assert told["message"].startswith("wasser: ")
    assert "expected" in told["message"]


async def test_a_silent_sensor_is_told_and_told_to_be_back(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any, sent: Sent
) -> None:
    await leaking(hass, house, {})
    await use(
        hass,
        "stale_sensor",
        notify="notify.phone",
        sensors=["binary_sensor.wasser_reading_overdue"],
    )
    await pass_to(hass, freezer, "2026-03-14T10:10:00")
    assert [one["message"] for one in sent] == ["has not reported for long"]
    await act(
        hass, "add_reading", meter_id="wasser", time="2026-03-14 09:00", value=160
    )
    await act(hass, "run_analytics")
    await hass.async_block_till_done()
    assert [one["message"] for one in sent[1:]] == ["reports again"]
    assert sent[0]["title"] == "Wasser"


def _saying(text: str) -> list[dict[str, Any]]:
    return [{"action": "notify.phone", "data": {"message": text}}]


async def test_triggers_begin_what_is_asked_for(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any, sent: Sent
) -> None:
    await automate(
        hass,
        {
            "triggers": [
                {
                    "trigger": "nebenkosten.anomaly",
                    "options": {"phase": ["opened"], "meter_id": ["WASSER"]},
                }
            ],
            "actions": _saying("{{ trigger.kind }}"),
        },
        {
            "triggers": [
                {
                    "trigger": "nebenkosten.anomaly",
                    "options": {"phase": ["opened"], "device_id": ["other"]},
                }
            ],
            "actions": _saying("never"),
        },
        {
            "triggers": [{"trigger": "nebenkosten.daily_summary"}],
            "actions": _saying("{{ trigger.date }}"),
        },
    )
    await leaking(hass, house, LEAK)
    await pass_to(hass, freezer, "2026-03-11T03:31:00")
    messages = [one["message"] for one in sent]
    assert sorted(messages) == ["2026-03-09", "2026-03-10", "leak"]


async def test_conditions_hold_while_they_are_true(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await leaking(hass, house, LEAK)

    async def holds(name: str, **options: Any) -> bool | None:
        config: Any = {"condition": f"nebenkosten.{name}", "options": options}
        valid = await condition.async_validate_condition_config(hass, config)
        checker = await condition.async_from_config(hass, valid)
        return checker.async_check()

    devices = dr.async_get(hass)
    device = devices.async_get_device_by_identifier((DOMAIN, "wasser"), house.entry_id)
    assert device is not None
    assert await holds("has_anomaly")
    assert await holds("has_anomaly", meter_id=["WASSER"])
    assert not await holds("has_anomaly", meter_id=["other"])
    assert await holds("has_anomaly", device_id=[device.id])
    assert not await holds("has_anomaly", device_id=["none"])
    assert not await holds("is_overdue")
    await pass_to(hass, freezer, "2026-03-14T10:10:00")
    assert await holds("is_overdue")

"""Who may read, add and change: Home Assistant's own permissions decide."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.nebenkosten.const import DOMAIN, SUBENTRY_PHYSICAL
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter

type Call = Callable[..., Awaitable[Any]]

_ADDING = ("add_reading", {"value": 150})
_ASKING: dict[str, dict[str, Any]] = {
    "get_readings": {},
    "get_consumption": {},
    "get_anomalies": {},
    "get_counter": {"at": "2026-03-01"},
    "get_daily_summary": {},
    "get_intervals": {},
    "get_live": {},
    "explain": {},
}


@pytest.fixture
async def _two_meters(hass: HomeAssistant, house: NkConfigEntry) -> None:
    await add_meter(hass, house)
    await add_meter(hass, house, name="Wasser", medium="water", unit="m³")
    await act(hass, "add_reading", meter_id="strom", time="2026-02-01", value=100)
    await act(hass, "add_reading", meter_id="strom", time="2026-03-01", value=128)
    await act(hass, "run_analytics")


def _user(hass: HomeAssistant, **entities: Any) -> Call:
    """Return what calls an action as a user with a policy of entities."""
    user = MockUser(name="Hauswart", groups=[]).add_to_hass(hass)
    user.mock_policy({"entities": entities} if entities else {})
    return _calling(hass, user.id)


def _calling(hass: HomeAssistant, user_id: str) -> Call:
    async def call(action: str, **data: Any) -> Any:
        return await hass.services.async_call(
            DOMAIN,
            action,
            data,
            blocking=True,
            return_response=True,
            context=Context(user_id=user_id),
        )

    return call


def _entity(hass: HomeAssistant, unique_id: str, platform: str = "sensor") -> str:
    found = er.async_get(hass).async_get_entity_id(platform, DOMAIN, unique_id)
    assert found is not None
    return found


async def _count(hass: HomeAssistant) -> int:
    found = await act(hass, "get_readings", meter_id="strom")
    return len(found["meters"]["strom"]["readings"])


@pytest.mark.usefixtures("_two_meters")
async def test_who_may_only_read_adds_nothing(
    hass: HomeAssistant, hass_read_only_user: MockUser
) -> None:
    call = _calling(hass, hass_read_only_user.id)
    for action, data in (_ADDING, ("acknowledge_anomaly", {}), ("run_analytics", {})):
        with pytest.raises(Unauthorized):
            await call(action, meter_id="strom", **data)
    with pytest.raises(Unauthorized):
        await call("run_analytics")
    assert await _count(hass) == 2
    for action, data in _ASKING.items():
        assert await call(action, meter_id="strom", **data)
    assert await call("get_runs")
    assert await call("check_config")


@pytest.mark.usefixtures("_two_meters")
async def test_what_a_user_may_not_see_is_not_told(hass: HomeAssistant) -> None:
    seen = {_entity(hass, "wasser_counter"): {POLICY_READ: True}}
    call = _user(hass, entity_ids=seen)
    for action, data in _ASKING.items():
        with pytest.raises(Unauthorized):
            await call(action, meter_id="strom", **data)
    for action in ("get_readings", "get_consumption", "get_anomalies", "get_live"):
        assert set((await call(action))["meters"]) == {"wasser"}
    for action in ("get_runs", "check_config", "get_readings"):
        with pytest.raises(Unauthorized):
            await _user(hass)(action)


@pytest.mark.usefixtures("_two_meters")
async def test_control_of_one_entity_opens_its_meter(hass: HomeAssistant) -> None:
    box = _entity(hass, "strom_new_reading", "number")
    call = _user(hass, entity_ids={box: {POLICY_READ: True, POLICY_CONTROL: True}})
    assert (await call("add_reading", meter_id="strom", value=150))["reading_id"]
    run = await call("run_analytics")
    assert set(run["meters"]) == {"strom"}
    with pytest.raises(Unauthorized):
        await call("add_reading", meter_id="wasser", value=1)
    await hass.services.async_call(
        "number", "set_value", {"entity_id": box, "value": 151}, blocking=True
    )
    assert await _count(hass) == 4


@pytest.mark.usefixtures("_two_meters")
async def test_who_is_gone_may_nothing(hass: HomeAssistant) -> None:
    with pytest.raises(UnknownUser):
        await _calling(hass, "nobody")("add_reading", meter_id="strom", value=150)


@pytest.mark.usefixtures("_two_meters")
@pytest.mark.parametrize(
    "given",
    [
        {"value": 129, "time": "2026-03-01"},
        {"value": 129, "time": "2026-03-01", "kind": "remote"},
        {"value": 130, "kind": "correction"},
        {"value": 130, "kind": "removal"},
        {"value": 0, "kind": "install"},
        {"value": 77, "time": "2026-02-15"},
    ],
)
async def test_the_past_is_the_administrators(
    hass: HomeAssistant, given: dict[str, Any]
) -> None:
    withdrawn = await act(
        hass, "add_reading", meter_id="strom", time="2026-02-15", value=77
    )
    await act(hass, "delete_reading", reading_id=withdrawn["reading_id"])
    before = await act(hass, "get_readings", meter_id="strom")
    call = _user(hass, all=True)
    with pytest.raises(ServiceValidationError) as caught:
        await call("add_reading", meter_id="strom", **given)
    assert caught.value.translation_key == "only_administrators"
    assert await act(hass, "get_readings", meter_id="strom") == before
    assert await act(hass, "add_reading", meter_id="strom", **given)


@pytest.mark.usefixtures("_two_meters")
async def test_anybody_may_say_the_same_again_and_estimate(hass: HomeAssistant) -> None:
    call = _user(hass, all=True)
    await call("add_reading", meter_id="strom", time="2026-03-01", value="128,0")
    assert await _count(hass) == 2
    await call(
        "add_reading", meter_id="strom", time="2026-03-01", value=127, kind="estimate"
    )
    assert await _count(hass) == 3


@pytest.mark.usefixtures("_two_meters")
async def test_readings_name_who_said_them(hass: HomeAssistant) -> None:
    box = _entity(hass, "strom_new_reading", "number")
    user = MockUser(name="Hauswart", groups=[]).add_to_hass(hass)
    user.mock_policy({"entities": {"all": True}})
    chief = MockUser(name="Chefin", is_owner=True).add_to_hass(hass)
    context = Context(user_id=user.id)
    await hass.services.async_call(
        *("number", "set_value", {"entity_id": box, "value": 140}),
        blocking=True,
        context=context,
    )
    found = await act(hass, "get_readings", meter_id="strom")
    told = found["meters"]["strom"]["readings"]
    assert [one["user"] for one in told] == [None, None, "Hauswart"]
    await _calling(hass, chief.id)("edit_reading", reading_id=told[-1]["id"], value=141)
    found = await act(hass, "get_readings", meter_id="strom")
    told = [(r["value"], r["user"]) for r in found["meters"]["strom"]["readings"]]
    assert told[2:] == [(140, "Hauswart"), (141, "Chefin")]


@pytest.mark.usefixtures("_two_meters")
async def test_texts_are_bounded_on_every_way_in(hass: HomeAssistant) -> None:
    most, more = "x" * 1000, "x" * 1001
    kept = await act(hass, "add_reading", meter_id="strom", value=150, note=most)
    exchange = {"meter_id": "strom", "final_value": 200}
    for action, data in (
        ("add_reading", {"meter_id": "strom", "value": 151, "note": more}),
        ("edit_reading", {"reading_id": kept["reading_id"], "note": more}),
        ("acknowledge_anomaly", {"meter_id": "strom", "note": more}),
        ("replace_meter", {**exchange, "note": more}),
        ("replace_meter", {**exchange, "serial_number": more}),
    ):
        with pytest.raises(ServiceValidationError) as caught:
            await act(hass, action, **data)
        assert caught.value.translation_key == "text_too_long", action
    content = f"meter_id;time;value;note\nstrom;2026-02-20;120;{more}\n"
    report = await act(hass, "import_readings", content=content, dry_run=True)
    assert [row["code"] for row in report["rejected"]] == ["text_too_long"]
    assert await _count(hass) == 3


@pytest.mark.usefixtures("_two_meters")
async def test_a_form_names_its_user(
    hass: HomeAssistant,
    house: NkConfigEntry,
    hass_client: ClientSessionGenerator,
    hass_admin_user: MockUser,
    socket_enabled: None,
) -> None:
    assert await async_setup_component(hass, "config", {})
    client = await hass_client()
    subentry = next(s for s in house.subentries.values() if s.unique_id == "strom")
    flows = "/api/config/config_entries/subentries/flow"
    asked: dict[str, Any] = {
        "handler": [house.entry_id, "physical_meter"],
        "subentry_id": subentry.subentry_id,
    }
    flow = await (await client.post(flows, json=asked)).json()
    for answer in (
        {"next_step_id": "enter_reading"},
        {"value": "140", "time": "2026-03-09 10:00:00", "kind": "actual"},
        {},
    ):
        response = await client.post(f"{flows}/{flow['flow_id']}", json=answer)
        done = await response.json()
    assert done["reason"] == "reading_saved"
    found = await act(hass, "get_readings", meter_id="strom")
    assert found["meters"]["strom"]["readings"][-1]["user"] == hass_admin_user.name


async def test_texts_of_a_meter_are_bounded(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    for more in (
        {"name": "x" * 1001, "meter_id": "a"},
        {"more": {"model": "x" * 1001}},
    ):
        flow = await hass.config_entries.subentries.async_init(
            (house.entry_id, SUBENTRY_PHYSICAL), context={"source": "user"}
        )
        values = {"name": "Strom", "medium": "electricity", "unit": "kWh"} | more
        done = await hass.config_entries.subentries.async_configure(
            flow["flow_id"], values
        )
        assert done["errors"] is not None
        assert "text_too_long" in done["errors"].values()

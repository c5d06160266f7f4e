"""Gas factors that no gas has: refused wherever they come in, never counted with."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.nebenkosten.const import DOMAIN, SUBENTRY_VIRTUAL
from custom_components.nebenkosten.intake.original import read_original
from custom_components.nebenkosten.runtime import NkConfigEntry

from .computed_meters import add_computed
from .conftest import act, add_meter, settle
from .reading_back import used_per_day


async def _submit(hass: HomeAssistant, house: NkConfigEntry, *rows: Any) -> Any:
    form = await hass.config_entries.options.async_init(house.entry_id)
    for gas in rows:
        done = await hass.config_entries.options.async_configure(
            form["flow_id"], {"run_time": "03:30:00", "gas": gas}
        )
    await settle(hass)
    return done


def _row(calorific: Any, state: Any, **more: Any) -> list[dict[str, Any]]:
    return [{"energy_content": calorific, "z_factor": state, **more}]


@pytest.mark.parametrize(
    ("calorific", "state"),
    [(115, 0.95), ("9500", "0,95"), (11.5, 95), ("0,95", "11,5"), ("nan", "1")],
)
async def test_the_form_refuses_what_no_gas_has(
    hass: HomeAssistant, house: NkConfigEntry, calorific: Any, state: Any
) -> None:
    form = await _submit(hass, house, _row(calorific, state))
    assert form["errors"] == {"gas": "gas_impossible"}
    assert "gas" not in house.options


async def test_a_decimal_comma_is_one(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await _submit(hass, house, _row("9,500", "0,9514", valid_from="2026-01-01"))
    assert house.options["gas"] == [
        {"energy_content": 9.5, "z_factor": 0.9514, "valid_from": "2026-01-01"}
    ]
    hass.config.language = "de"
    form: Any = await hass.config_entries.options.async_init(house.entry_id)
    shown = next(
        key.description["suggested_value"]
        for key in form["data_schema"].schema
        if key == "gas"
    )
    assert shown == [
        {"energy_content": "9,5", "z_factor": "0,9514", "valid_from": "2026-01-01"}
    ]


async def test_unusual_factors_are_asked_once_more(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    form = await _submit(hass, house, _row("28,1", "0,95"))
    assert form["errors"] == {"gas": "gas_unusual"}
    done = await _submit(hass, house, _row("28,1", "0,95"), _row("28.1", "0.95"))
    assert done["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ("{energy_content: 115, z_factor: 0.95}", {"gas_impossible": "error"}),
        ("{energy_content: 9,500, z_factor: 0.95}", {"key_unknown": "error"}),
        ("{energy_content: 28.1, z_factor: 0.95}", {"gas_unusual": "warning"}),
        ("{energy_content: '9,500', z_factor: 0.95}", {}),
        ("{energy_content: .nan, z_factor: 0.95}", {"gas_impossible": "error"}),
    ],
)
def test_files_are_judged_alike(given: str, codes: dict[str, str]) -> None:
    found = read_original("meters: []", None, f"gas_conversion: {given}")
    assert {one.code: one.severity.value for one in found.problems} == codes
    if not codes:
        assert found.gas[0].brennwert == 9.5


@pytest.mark.parametrize("wrong", [9500, 115.0, "viel", -1])
async def test_a_stored_one_is_told_and_never_counted_with(
    hass: HomeAssistant, house: NkConfigEntry, wrong: Any
) -> None:
    await add_meter(hass, house, name="Gas", medium="gas", unit="m³")
    await add_computed(
        hass,
        house,
        SUBENTRY_VIRTUAL,
        name="Energie",
        medium="gas",
        unit="kWh",
        terms=[{"meter_id": "gas"}],
    )
    for time, value in (("2026-02-01", 0), ("2026-02-21", 40)):
        await act(hass, "add_reading", meter_id="gas", time=time, value=value)
    rows = _row(10.0, 1.0) + _row(wrong, 1.0, valid_from="2026-02-11")
    if wrong == "viel":
        rows[1].pop("valid_from")
        rows = rows[1:]
    hass.config_entries.async_update_entry(house, options={"gas": rows})
    await settle(hass)
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    assert "gas_factor" in {i for d, i in ir.async_get(hass).issues if d == DOMAIN}
    assert "gas_factor_impossible" in {
        one["code"] for one in run["meters"]["gas"]["findings"]
    }
    volume = await used_per_day(hass, "gas")
    good = [d for d in volume if d < "2026-02-11" and wrong != "viel"]
    expected = pytest.approx({day: 10 * volume[day] for day in good})
    assert await used_per_day(hass, "gas", kind="energy") == expected
    assert await used_per_day(hass, "energie") == expected
    rows_known = await act(hass, "get_consumption", meter_id="energie", period="day")
    days = rows_known["meters"]["energie"]["rows"]
    assert {row["start"][:10] for row in days if row["value"] is not None} == set(good)
    tree = await act(hass, "explain", meter_id="energie", date="2026-02-15")
    assert tree["value"] is None

    await _submit(hass, house, _row("10", "1"))
    await act(hass, "run_analytics")
    assert "gas_factor" not in {i for d, i in ir.async_get(hass).issues if d == DOMAIN}
    assert await used_per_day(hass, "energie") == pytest.approx(
        {day: 10 * use for day, use in volume.items()}
    )

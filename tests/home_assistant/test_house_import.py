"""An installation of the original system, taken over from its files."""

from pathlib import Path
from typing import Any

from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, settle
from .original_files import CONFIG, METERS, PATTERNS
from .reading_back import used_per_day
from .uploads import Upload, upload

__all__ = ["upload"]

SEED = Path(__file__).parents[3] / "shared" / "seed-config"


async def _begin(hass: HomeAssistant) -> Any:
    flow: Any = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    return await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"run_time": "03:30:00", "import": True}
    )


async def test_an_installation_is_taken_over_in_one_go(
    hass: HomeAssistant, upload: Upload
) -> None:
    form = await _begin(hass)
    assert form["step_id"] == "import_files"
    preview: Any = await hass.config_entries.flow.async_configure(
        form["flow_id"],
        {
            "meters": upload("meters", METERS.encode()),
            "patterns": upload("patterns", PATTERNS.encode()),
            "config": upload("config", CONFIG.encode()),
        },
    )
    assert preview["step_id"] == "import_preview"
    said = preview["description_placeholders"]
    assert said["count"] == "8"
    assert "Virtual meters (1): kamin [m³]" in said["meters"]
    problems = said["problems"].splitlines()
    assert (
        "- meters.yaml, line 13: farbe is not known and is not taken over." in problems
    )
    assert any(
        line.startswith("- seasonal_patterns.yaml, line 3: there is no meter fort")
        for line in problems
    )
    assert any("config.yaml, line 4: wetter" in line for line in problems)
    assert any("config.yaml, line 1: influxdb" in line for line in problems)
    media = {str(key): key.default() for key in preview["data_schema"].schema}
    assert media["wasser"] == "water"
    assert media["therme"] == "gas"
    assert media["neu"] == "other"
    power = dict.fromkeys(("strom_total", "alt_nt", "alt_ht", "neu"), "electricity")
    done: Any = await hass.config_entries.flow.async_configure(
        preview["flow_id"], media | power
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await settle(hass)
    entry: NkConfigEntry = done["result"]
    assert len(entry.subentries) == 8
    assert entry.options["gas"] == [{"energy_content": 11.2, "z_factor": 0.95}]
    assert entry.options["billing_year_start"] == "10-01"
    house = entry.runtime_data.loaded.house
    assert house.gas[0].kwh == pytest.approx(10.64)
    assert house.masters[0].periods[0].sources == ("alt_NT", "alt_HT")
    wasser = next(m for m in house.meters if m.key == "wasser")
    assert wasser.unit == "m³"
    assert list(wasser.profile or ()) == [8, 8, 8, 8, 8, 9, 9, 9, 9, 8, 8, 8]
    for meter in ("gas_haus", "therme"):
        factor = 10.64 if meter == "therme" else 1.0
        for day, use in (("2026-01-31", 0.0), ("2026-02-10", 50.0)):
            value = use * factor * (0.5 if meter == "therme" else 1)
            await act(hass, "add_reading", meter_id=meter, time=day, value=value)
    run = await act(hass, "run_analytics", meter_id="kamin", end="2026-02-10")
    assert run["meters"]["kamin"]["total"] == pytest.approx(25, rel=1e-3)
    assert (await act(hass, "check_config"))["findings"] == []
    await act(hass, "run_analytics")
    gas = await used_per_day(hass, "gas_haus")
    energy = await used_per_day(hass, "gas_haus", kind="energy")
    assert gas
    assert energy == pytest.approx({day: use * 10.64 for day, use in gas.items()})


@pytest.mark.parametrize(
    ("meters", "said"),
    [
        ("meters: [", "meters.yaml, line 1"),
        ("- a", "meters.yaml, line 1: keys with values"),
        ("meters: 3", "a list under"),
        ("meters:\n- 5\n", "meters.yaml, line 2: keys"),
        ("meters:\n- {type: physical}\n", "line 2: an entry has no meter_id"),
        ("meters:\n- {meter_id: a b}\n", "line 2: a b is no meter_id"),
        ("meters:\n- {meter_id: a}\n- {meter_id: A}\n", "line 3: A stands there twice"),
        ("meters:\n- {meter_id: a, type: x}\n", "there is no type x"),
        ("meters:\n- {meter_id: a, type: master}\n", "a needs periods"),
        (
            "meters:\n- {meter_id: a, type: virtual, calculation_type: magic}\n",
            "no calculation_type magic",
        ),
        (
            "meters:\n- {meter_id: a, type: virtual, base_meter: b}\n",
            "a: It refers to b, which does not exist.",
        ),
        ("meters:\n- {meter_id: a, digits: x}\n", "a has a value"),
        ("? {a: b}\n: c\n", "meters.yaml, line 1"),
    ],
)
async def test_what_is_wrong_in_the_files_is_named_and_can_be_mended(
    hass: HomeAssistant, upload: Upload, meters: str, said: str
) -> None:
    form = await _begin(hass)
    wrong: Any = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"meters": upload("m", meters.encode())}
    )
    assert wrong["errors"] == {"base": "files_wrong"}
    assert said in wrong["description_placeholders"]["problems"]
    preview: Any = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"meters": upload("m2", b"meters:\n- {meter_id: a}\n")}
    )
    assert preview["step_id"] == "import_preview"
    done: Any = await hass.config_entries.flow.async_configure(
        preview["flow_id"], {"a": "other"}
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await settle(hass)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("patterns", "patterns: {a: {monthly_percentages: [1]}}", "twelve"),
        ("patterns", "patterns: {a: 5}", "twelve"),
        ("config", "gas_conversion: {energy_content: viel}", "energy_content"),
        ("config", "gas_conversion: 5", "energy_content"),
        ("config", "billing_year_start: 13-01", "billing_year_start"),
        ("config", "a: &x [*x]", "config.yaml, line 1"),
        ("config", "a: 2026-99-99", "config.yaml, line 1"),
    ],
)
async def test_what_is_wrong_beside_the_meters(
    hass: HomeAssistant, upload: Upload, name: str, text: str, said: str
) -> None:
    form = await _begin(hass)
    meters = b"meters:\n- {meter_id: a, periods: 5}\n"
    wrong: Any = await hass.config_entries.flow.async_configure(
        form["flow_id"],
        {"meters": upload("m", meters), name: upload("x", text.encode())},
    )
    assert wrong["errors"] == {"base": "files_wrong"}, wrong
    assert said in wrong["description_placeholders"]["problems"]
    hass.config_entries.flow.async_abort(form["flow_id"])


async def test_gas_factors_keep_their_days(hass: HomeAssistant, upload: Upload) -> None:
    form = await _begin(hass)
    config = """\
gas_conversion:
- {energy_content: 11.1, z_factor: 0.95}
- {valid_from: '2026-01-01', energy_content: 11.4, z_factor: 0.95}
"""
    preview: Any = await hass.config_entries.flow.async_configure(
        form["flow_id"],
        {
            "meters": upload("m", b"meters:\n- {meter_id: a, medium: gas}\n"),
            "config": upload("c", config.encode()),
        },
    )
    done: Any = await hass.config_entries.flow.async_configure(preview["flow_id"], {})
    await settle(hass)
    assert [row.get("valid_from") for row in done["result"].options["gas"]] == [
        None,
        "2026-01-01",
    ]


async def test_a_file_that_is_no_text(hass: HomeAssistant, upload: Upload) -> None:
    form = await _begin(hass)
    wrong: Any = await hass.config_entries.flow.async_configure(
        form["flow_id"], {"meters": upload("m", b"\0")}
    )
    assert wrong["errors"] == {"base": "no_yaml"}
    hass.config_entries.flow.async_abort(form["flow_id"])


@pytest.mark.skipif(not SEED.exists(), reason="the original's files are not there")
async def test_the_originals_own_files(hass: HomeAssistant, upload: Upload) -> None:
    form = await _begin(hass)
    names = {
        "meters": "meters.yaml",
        "patterns": "seasonal_patterns.yaml",
        "config": "config.yaml",
    }
    preview: Any = await hass.config_entries.flow.async_configure(
        form["flow_id"],
        {key: upload(key, (SEED / name).read_bytes()) for key, name in names.items()},
    )
    assert preview["description_placeholders"]["count"] == "26"
    media = {str(key): key.default() for key in preview["data_schema"].schema}
    done: Any = await hass.config_entries.flow.async_configure(
        preview["flow_id"], media
    )
    await settle(hass)
    assert len(done["result"].subentries) == 26

"""The reading to be corrected is found, however many there are."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter
from .meter_forms import go_on, menu


@pytest.fixture
async def _sensor(hass: HomeAssistant, house: NkConfigEntry) -> None:
    """Read a meter every hour for more than 10,000 of them, and twice by hand."""
    await add_meter(hass, house)
    rows = ["meter_id;time;value"]
    for hour in range(10_500):
        month, rest = divmod(hour, 28 * 24)
        day, hours = divmod(rest, 24)
        year, month = divmod(month, 12)
        time = f"{2024 + year}-{month + 1:02}-{day + 1:02} {hours:02}:00"
        rows.append(f"strom;{time};{hour + 0.0001:.4f}")
    await act(hass, "import_readings", content="\n".join(rows) + "\n")
    for time, value in (("2024-02-03 10:30", 730.5), ("2024-03-03 10:30", 1402.5)):
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)


def _labels(form: Any) -> list[str]:
    options = form["data_schema"].schema["reading"].config["options"]
    return [option["label"] for option in options]


@pytest.mark.usefixtures("_sensor")
async def test_the_newest_come_first_and_those_by_hand_before(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    choose = await menu(hass, house, "correct_reading")
    labels = _labels(choose)
    assert labels[:2] == [
        "03.03.2024 10:30 · 1402.5 kWh",
        "03.02.2024 10:30 · 730.5 kWh",
    ]
    assert labels[2].startswith("18.04.2025 11:00")
    assert len(labels) == 102
    assert choose["data_schema"]({}) == {}
    nothing = await go_on(hass, choose)
    assert nothing["errors"] == {"base": "reading_missing"}
    early = await go_on(hass, choose, day="2023-01-01")
    assert early["errors"] == {"day": "no_readings"}
    narrowed = await go_on(hass, choose, day="2024-02-20")
    labels = _labels(narrowed)
    assert labels[0].startswith("03.02.2024 10:30")
    assert labels[1].startswith("20.02.2024 23:00")
    options = narrowed["data_schema"].schema["reading"].config["options"]
    edit = await go_on(hass, narrowed, reading=options[0]["value"])
    done = await go_on(hass, edit, value="730,6", kind="actual", delete=False)
    assert done["reason"] == "reading_saved"


@pytest.mark.usefixtures("_sensor")
async def test_the_action_goes_either_way(hass: HomeAssistant) -> None:
    pages: list[int] = []
    following: dict[str, int] = {}
    while True:
        found = await act(hass, "get_readings", order="newest", limit=4000, **following)
        pages += [one["id"] for one in found["meters"]["strom"]["readings"]]
        if "next" not in found:
            break
        following = {"next": found["next"]}
    oldest = await act(hass, "get_readings", limit=20_000)
    assert pages == [one["id"] for one in oldest["meters"]["strom"]["readings"]][::-1]
    assert len(pages) == 10_502
    found = await act(hass, "get_readings", order="newest", by_hand=True, limit=1)
    assert [one["value"] for one in found["meters"]["strom"]["readings"]] == [1402.5]

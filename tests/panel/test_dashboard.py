"""The dashboard's strategy, run by Node as a browser would run it."""

import json
from pathlib import Path
import re
import shutil
import subprocess
from typing import Any

from custom_components.nebenkosten.statistic_catalog import STATISTICS

from ..conftest import not_run

STRATEGY = (
    Path(__file__).parents[2]
    / "custom_components"
    / "nebenkosten"
    / "panel"
    / "frontend"
    / "strategy.js"
)
# What the module asks of a browser, and what the frontend would call.
_BROWSER = """
globalThis.HTMLElement = class {};
globalThis.document = { documentElement: { lang: "en" } };
globalThis.navigator ??= { language: "en" };
let found;
const registry = {
  whenDefined: () => ({ then: (then) => then() }),
  define: (_name, strategy) => { found = strategy; },
};
globalThis.customElements = registry;
globalThis.window = { customElements: registry };
"""


def _generated(hass: dict[str, Any]) -> str:
    node = shutil.which("node")
    if node is None:
        not_run("Node is not installed")
    program = (
        f"{_BROWSER}\n{STRATEGY.read_text('utf-8')}\n"
        f"found.generate({{}}, {json.dumps(hass)})"
        ".then((made) => console.log(JSON.stringify(made)));"
    )
    done = subprocess.run(
        [node, "--input-type=module", "-"],
        input=program,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def _hass(**attributes: Any) -> dict[str, Any]:
    def entity(device: str, entity_id: str, key: str) -> dict[str, str]:
        return {
            "platform": "nebenkosten",
            "device_id": device,
            "entity_id": entity_id,
            "translation_key": key,
        }

    entities = {
        "sensor.gas_year": entity("d1", "sensor.gas_year", "year"),
        "binary_sensor.gas": entity("d1", "binary_sensor.gas", "anomaly"),
        "sensor.last_run": entity("d0", "sensor.last_run", "last_run"),
        "sensor.open": entity("d0", "sensor.open", "open_anomalies"),
    }
    states: dict[str, Any] = {name: {"attributes": {}} for name in entities}
    states["sensor.gas_year"]["attributes"] = attributes
    return {
        "language": "en",
        "entities": entities,
        "states": states,
        "devices": {
            "d0": {"name": "House", "identifiers": [["nebenkosten", "01ABC"]]},
            "d1": {"name": "Gas", "identifiers": [["nebenkosten", "gas_haus"]]},
        },
    }


def test_a_meter_that_is_unavailable_is_still_itself() -> None:
    made = _generated(_hass())
    assert "undefined" not in made
    assert "nebenkosten:gas_haus_consumption" in made
    assert '"meter_id":"gas_haus"' in made


def test_graphs_show_statistics_of_the_catalogue() -> None:
    table = re.search(
        r"^const STATISTICS = \{(.*)\};$", STRATEGY.read_text("utf-8"), re.MULTILINE
    )
    assert table is not None
    shown = dict(re.findall(r"(\w+): \"(\w+)\"", table[1]))
    assert shown
    assert shown.items() <= {one.kind: one.suffix for one in STATISTICS}.items()
    made = _generated(_hass())
    drawn = set(re.findall(r"nebenkosten:\w+", made))
    assert drawn == {f"nebenkosten:gas_haus{suffix}" for suffix in shown.values()}


def test_meters_are_grouped_by_what_they_count() -> None:
    made = json.loads(_generated(_hass(meter_id="Gas_Haus", medium="gas")))
    assert [view["title"] for view in made["views"]] == ["Overview", "Gas", "Gas"]
    assert "nebenkosten:gas_haus_consumption" in json.dumps(made)


def test_nothing_is_odd_only_while_nothing_known_goes_on() -> None:
    hass = _hass(meter_id="gas_haus", medium="gas")
    made = json.dumps(json.loads(_generated(hass)))
    assert "state_attr('sensor.open', 'known')" in made
    card = made[made.index("state_attr('sensor.open'") :]
    assert (
        card.index("Known:") < card.index("{% else %}") < card.index("Nothing is odd")
    )
    del hass["entities"]["sensor.open"]
    assert "undefined" not in _generated(hass)

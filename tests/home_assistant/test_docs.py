"""Every example of the documentation, executed; every link and picture, found."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
import json
from pathlib import Path
import re
from typing import Any
import urllib.parse
import urllib.request
from zoneinfo import ZoneInfo

from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.script import Script
from homeassistant.setup import async_setup_component
import pytest
import yaml

from custom_components.nebenkosten.influx.model import SECOND, Point
from custom_components.nebenkosten.intake.command import main
from custom_components.nebenkosten.publication.points import (
    MEASUREMENTS,
    is_withdrawn,
    withdrawn,
)
from custom_components.nebenkosten.runtime import NkConfigEntry
from scripts.servers import Influxd

from ..influx import dashboards
from ..influx.official_flux import OfficialFlux
from ..tibber.stand_in import FakeTibber
from .conftest import act, add_meter, settle
from .influx_house import Beside, connect
from .leaking_house import daily_rows
from .tibber_house import connect_tibber

REPOSITORY = Path(__file__).parents[2]
PAGES = [
    *REPOSITORY.glob("README*.md"),
    *sorted((REPOSITORY / "docs").glob("*.md")),
]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#]+)(#[^)]*)?\)")
LEAK = {date(2026, 3, 1): 1.2}


def blocks(language: str) -> list[Any]:
    """Return the examples of a language, each with the page it stands on."""
    return [
        pytest.param(text, id=f"{page.name}-{number}")
        for page in PAGES
        for number, (found, text) in enumerate(_BLOCK.findall(page.read_text("utf-8")))
        if found == language
    ]


def test_no_example_is_left_out() -> None:
    known = {"yaml", "flux", "influxql", "sql", "bash", "text"}
    for page in PAGES:
        assert {name for name, _ in _BLOCK.findall(page.read_text("utf-8"))} <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    for target, _ in _LINK.findall(page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


async def _house_of_the_examples(hass: HomeAssistant, house: NkConfigEntry) -> None:
    for name, medium, unit in (
        ("Strom Haus", "electricity", "kWh"),
        ("Gas Haus", "gas", "m³"),
        ("Wasser Haus", "water", "m³"),
    ):
        await add_meter(hass, house, name=name, medium=medium, unit=unit)
    rows = daily_rows("wasser_haus", LEAK, last=date(2026, 3, 9))
    for meter, use in (("strom_haus", 10.0), ("gas_haus", 4.0)):
        for back in range(120, -1, -20):
            day = date(2026, 2, 28) - timedelta(days=back)
            rows += f"{meter},{day},{1000 + (120 - back) * use:.2f}\n"
    await act(hass, "import_readings", content=rows)
    await act(hass, "run_analytics")


@pytest.mark.parametrize("text", blocks("yaml"))
async def test_an_example_of_an_automation(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber, text: str
) -> None:
    await connect_tibber(hass, house)
    await _house_of_the_examples(hass, house)
    content = yaml.safe_load(text)
    if isinstance(content, dict):
        assert await async_setup_component(hass, "automation", {"automation": content})
        assert len(hass.states.async_entity_ids("automation")) == 1
        content = [{"action": "homeassistant.update_entity", "data": {}}]
    else:
        sequence = cv.SCRIPT_SCHEMA(content)
        script = Script(hass, sequence, "example", "docs", logger=None)
        await script.async_run(context=Context())
    await settle(hass)


def _every_example(language: str) -> Iterator[tuple[str, str]]:
    for example in blocks(language):
        (text,) = example.values
        yield str(example.id), text


@pytest.fixture
async def beside(hass: HomeAssistant, house: NkConfigEntry, influxd: Influxd) -> Beside:
    """Publish the house of the examples to a real InfluxDB 1."""
    beside = Beside(influxd.url)
    await connect(hass, house, beside.form())
    await _house_of_the_examples(hass, house)
    return beside


def _published(beside: Beside) -> list[Point]:
    return [
        point
        for measurement in MEASUREMENTS
        for meter_id in ("strom_haus", "gas_haus", "wasser_haus")
        for point in beside.server.points(beside.processed, measurement, meter_id, 0)
    ]


async def test_examples_for_influxdb_1(hass: HomeAssistant, beside: Beside) -> None:
    for name, text in _every_example("influxql"):
        query = urllib.parse.urlencode({"db": beside.processed, "q": text})
        url = f"{beside.url}/query?{query}"

        def ask(url: str = url) -> Any:
            with urllib.request.urlopen(url) as answer:
                return json.load(answer)

        (result,) = (await hass.async_add_executor_job(ask))["results"]
        assert result.get("series"), (name, result)
        for series in result["series"]:
            assert any(None not in row for row in series["values"]), (name, series)


async def test_examples_for_influxdb_2(
    hass: HomeAssistant, beside: Beside, official_flux: OfficialFlux
) -> None:
    """The official parser takes them, and the results of the house answer them."""
    points = _published(beside)
    for name, text in _every_example("flux"):
        checked = official_flux.check(text)
        assert checked.valid, name
        rows = dashboards.in_flux(checked.tree, "nebenkosten", points)
        assert rows, name
        assert all({"_value", "value"} & row.keys() for row in rows), name


async def test_examples_for_influxdb_3(hass: HomeAssistant, beside: Beside) -> None:
    """Withdrawn days, which stay there, are in none of the answers."""
    points = _published(beside)
    start = datetime(2026, 3, 1, tzinfo=ZoneInfo(hass.config.time_zone)).timestamp()
    last = max(p.time for p in points if p.measurement == "meter_consumption")
    gone = {last, round(start) * SECOND}
    lying = [withdrawn(p) if p.time in gone else p for p in points]
    assert {p.measurement for p in lying if is_withdrawn(p)} == set(MEASUREMENTS)
    there = [p for p in points if p.time not in gone]
    for name, text in _every_example("sql"):
        rows = dashboards.in_sql(text, lying)
        assert rows, name
        assert rows == dashboards.in_sql(text, there), name


def test_the_engines_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(REPOSITORY / "examples" / "house"), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["run"]["status"] == "ok"

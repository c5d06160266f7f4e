"""Telling how it is, keeping tidy, and files that survive."""

from dataclasses import replace
from functools import partial
import json
from pathlib import Path
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.nebenkosten import coordinator as module
from custom_components.nebenkosten.analysis import analyse
from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.diagnostics import async_get_config_entry_diagnostics
from custom_components.nebenkosten.engine.domain.quality_score import Quality
from custom_components.nebenkosten.journal import readings
from custom_components.nebenkosten.journal.records import NewReading
from custom_components.nebenkosten.journal.store import create_journal, open_journal
from custom_components.nebenkosten.runtime import NkConfigEntry
from scripts.servers import Influxd

from ..engine.houses import meter, read, report_of
from ..gate import gate_before
from ..home_assistant.clock import pass_to
from ..home_assistant.conftest import act, add_meter, settle
from ..home_assistant.connected_house import a_house
from ..home_assistant.influx_house import Beside
from ..home_assistant.tibber_house import (
    a_house as tibber_house,
    journal as tibber_hours,
)
from ..tibber.stand_in import FakeTibber
from .tools import read_house, state

REPOSITORY = Path(__file__).parents[2]
CANARY = "Frau Canary"


async def test_what_is_broken_is_named_and_nobody_else(
    hass: HomeAssistant, house: NkConfigEntry, own_influxd: Influxd
) -> None:
    with gate_before(own_influxd.url) as gate:
        beside = Beside(own_influxd.url)
        await a_house(hass, house, beside, gate.url)
        await act(hass, "run_analytics")
        assert state(hass, "house_health").state == "ok"
        own_influxd.stop()
        await act(hass, "run_analytics", full=True)
        shown = state(hass, "house_health")
        assert shown.state == "warning"
        assert shown.attributes["reasons"] == ["run_partial", "server:influxdb"]
        assert state(hass, "wasser_yesterday").state not in ("unknown", "unavailable")
        told = json.dumps(
            await async_get_config_entry_diagnostics(hass, house), default=str
        )
        for secret in (gate.url, "127.0.0.1", hass.config.location_name):
            assert secret not in told
        assert state(hass, "house_journal_size").attributes["readings"] > 0


def _journal_with_waste(path: Path) -> None:
    journal = create_journal(path)
    old = NewReading(
        meter="strom",
        instant=1_230_768_000.0,  # 2009
        zone="Europe/Berlin",
        value_text="5",
        value=5.0,
        source="hand",
    )
    many = [
        replace(old, instant=old.instant + n, value=float(n), note="x" * 500)
        for n in range(20_000)
    ]
    readings.append(journal, many)
    with journal.reading() as connection:
        # Room that nothing uses, as a later layout might leave it behind.
        connection.execute("CREATE TABLE waste AS SELECT * FROM readings")
        connection.execute("DROP TABLE waste")
    journal.rest()
    journal.close()


_COMPACTING = """
import sys
from pathlib import Path
from custom_components.nebenkosten.journal.store import open_journal
journal = open_journal(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(journal.compact(), flush=True)
"""


def test_a_kill_while_compacting_leaves_a_whole_journal(tmp_path: Path) -> None:
    path = tmp_path / "nebenkosten.db"
    _journal_with_waste(path)
    before = path.stat().st_size
    for step in range(8):
        copy = tmp_path / f"copy{step}.db"
        shutil.copy(path, copy)
        with subprocess.Popen(
            [sys.executable, "-c", _COMPACTING, str(copy)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            process.stdin.write(b"\n")
            process.stdin.flush()
            time.sleep(step * 0.01)
            process.send_signal(signal.SIGKILL)
        journal = open_journal(copy)
        journal.check()
        assert journal.rows("SELECT count(*) FROM readings")[0][0] == 20_000
        journal.close()
    journal = open_journal(path)
    assert journal.compact() > 0
    assert path.stat().st_size < before
    assert journal.compact() == 0
    assert len(readings.find(journal, "strom")) == 20_000
    journal.close()


async def test_derived_data_ages_readings_do_not(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await add_meter(hass, house)
    await act(hass, "add_reading", meter_id="strom", time="2009-01-01", value=5)
    run = await read_again(hass)
    await pass_to(hass, freezer, "2026-04-10 03:30:00")
    runs = (await act(hass, "get_runs", limit=1000))["runs"]
    assert run["run_id"] not in {one["run_id"] for one in runs}
    found = (await act(hass, "get_readings"))["meters"]["strom"]["readings"]
    assert found[0]["time"].startswith("2009-01-02")


async def read_again(hass: HomeAssistant) -> dict[str, Any]:
    found: dict[str, Any] = await act(hass, "run_analytics")
    return found


_PERFECT = Quality(
    completeness=1.0,
    largest_gap_days=1.0,
    freshness=1.0,
    measured_share=1.0,
    interpolated_share=0.0,
    extrapolated_share=0.0,
    quarantined=0,
    readings=100,
)


@pytest.mark.parametrize(
    ("name", "worse", "worst"),
    [
        ("completeness", 0.8, 0.2),
        ("freshness", 0.6, 0.0),
        ("extrapolated_share", 0.1, 0.6),
        ("quarantined", 10, 60),
    ],
)
def test_each_part_lowers_the_score_alone(name: str, worse: Any, worst: Any) -> None:
    scores = [
        replace(_PERFECT, **{name: value}).score
        for value in (getattr(_PERFECT, name), worse, worst)
    ]
    assert scores[0] == 100
    assert scores[0] > scores[1] > scores[2]


def test_golden_meters() -> None:
    daily = [read(f"2025-12-{day:02}", 100.0 + day) for day in range(1, 32)]
    daily.append(read("2026-01-01", 132.0))
    good = report_of(meter(), daily).quality
    assert good is not None
    assert good.score == 100
    fell = [*daily[:20], *((at, value - 90, k) for at, value, k in daily[20:])]
    odd = report_of(meter(), fell).quality
    assert odd is not None
    assert odd.unexplained == 1
    assert odd.completeness < good.completeness
    gap = report_of(meter(), [*daily[:10], *daily[25:]]).quality
    assert gap is not None
    assert (gap.completeness, gap.largest_gap_days) == (1.0, 16.0)
    assert gap.interpolated_share > good.interpolated_share


async def test_a_token_that_ran_out_and_a_new_one(
    hass: HomeAssistant, house: NkConfigEntry, fake: FakeTibber
) -> None:
    await tibber_house(hass, house)
    await act(hass, "run_analytics")
    before = tibber_hours(hass)
    fake.token = "newer"
    assert (await act(hass, "run_analytics", full=True))["status"] == "partial"
    await settle(hass)
    (flow,) = [
        f
        for f in hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        if f["context"]["source"] == SOURCE_REAUTH
    ]
    await hass.config_entries.flow.async_configure(flow["flow_id"], {"token": "newer"})
    await settle(hass)
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    assert before.items() <= tibber_hours(hass).items()


def test_the_engine_runs_without_home_assistant(tmp_path: Path) -> None:
    engine = REPOSITORY / "custom_components" / "nebenkosten" / "engine"
    shutil.copytree(engine, tmp_path / "engine")
    (tmp_path / "engine" / "__main__.py").unlink()
    program = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("homeassistant", "custom_components"):
            raise ImportError(name)
sys.meta_path.insert(0, Nothing())
from engine.domain.meters import House, Medium, Meter
from engine.domain.report import Context, Readings, Series, empty_series
from engine.pipeline import analyse
readings = Readings([1, 2], [1735689600.0, 1738368000.0], [0.0, 310.0], [0, 0],
                    [1, 2], [0, 0])
meter = Meter(meter_id="a", name="a", medium=Medium.WATER, unit="L")
house = House(time_zone="Europe/Berlin", meters=(meter,))
series = Series(readings, empty_series().amounts)
report = analyse(house, {"a": series}, Context(as_of=1738368000.0))
print(round(float(report.meters["a"].counter[-1])))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout.strip() in ("300", "310")


async def test_an_older_file_of_runs_is_read(
    hass: HomeAssistant, house: NkConfigEntry, hass_storage: dict[str, Any]
) -> None:
    run = await read_house(hass, house)
    await hass.config_entries.async_unload(house.entry_id)
    await settle(hass)
    content = hass_storage["nebenkosten.runs"]
    # As 0.1.0 wrote it first: without what was added since.
    for record in content["data"]["runs"]:
        for name in ("finished", "attempts", "mended"):
            record.pop(name)
        for one in record["meters"].values():
            one.pop("collected")
    await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)
    runs = (await act(hass, "get_runs"))["runs"]
    assert run["run_id"] in {one["run_id"] for one in runs}
    assert (await act(hass, "run_analytics"))["status"] == "ok"


async def test_a_run_that_fails_reaches_automations(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = async_capture_events(hass, "told")
    automation = {
        "triggers": [
            {
                "trigger": "event",
                "event_type": "nebenkosten_run_finished",
                "event_data": {"status": "failed"},
            }
        ],
        "actions": [{"event": "told"}],
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await read_house(hass, house)
    assert not told

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(analyse, "analyse", broken)
    assert (await act(hass, "run_analytics", full=True))["status"] == "failed"
    await hass.async_block_till_done()
    assert len(told) == 1
    assert state(hass, "house_run", "event").attributes["event_type"] == "failed"
    assert state(hass, "house_health").state == "error"


def test_examples_name_only_what_is_there() -> None:
    """Each is run against a house by test_docs.py and test_automations.py."""
    package = REPOSITORY / "custom_components" / "nebenkosten"
    texts = json.loads((package / "translations" / "en.json").read_text())
    names = {f"{DOMAIN}.{kind}" for kind in texts["services"]}
    names |= {f"{DOMAIN}.{kind}" for kind in texts["triggers"] | texts["conditions"]}
    consts = (package / "const.py").read_text()
    names |= {
        f"{DOMAIN}{event}" for event in re.findall(r'f"\{DOMAIN\}(_\w+)"', consts)
    }
    pages = [
        *(REPOSITORY / "blueprints").rglob("*.yaml"),
        REPOSITORY / "docs" / "actions.md",
    ]
    pattern = r"(?:action|trigger|condition|event_type): (nebenkosten[._]\w+)"
    used = {name for page in pages for name in re.findall(pattern, page.read_text())}
    assert len(used) > 15
    assert used <= names


async def test_many_entities_are_told_some_at_a_time(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await read_house(hass, house)
    analytics = house.runtime_data
    monkeypatch.setattr(module, "_FEW", 3)
    monkeypatch.setattr(module, "_AT_ONCE", 2)
    told: list[int] = []
    removers = [
        analytics.coordinator.async_add_listener(partial(told.append, number))
        for number in range(5)
    ]
    analytics.coordinator.async_update_listeners()
    assert told == []
    # Who goes meanwhile hears nothing any more.
    removers[4]()
    await settle(hass)
    assert told == [0, 1, 2, 3]
    await act(hass, "run_analytics")
    assert told == [0, 1, 2, 3] * 2

"""What is published stays what it is: invariants, hourly checks, previews, orphans."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from custom_components.nebenkosten.analysis import analyse
from custom_components.nebenkosten.engine.domain.report import MeterReport, Report
from custom_components.nebenkosten.journal.decisions import (
    Decisions,
    remember_decisions,
)
from custom_components.nebenkosten.runtime import NkConfigEntry
from scripts.servers import Influxd

from ..home_assistant.clock import BERLIN, pass_to
from ..home_assistant.conftest import act, add_meter, settle
from ..home_assistant.influx_house import Beside, connect
from ..home_assistant.reading_back import published
from .tools import edit_rows, issues, lose_cache, read_house


async def _falsify(hass: HomeAssistant) -> None:
    def change(session: Any, rows: list[Any]) -> None:
        session.delete(rows[5])
        rows[10].sum += 1000
        rows[-1].state = None

    await edit_rows(hass, "strom_consumption", change)


async def test_what_somebody_changes_in_the_database_is_found_and_mended(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await read_house(hass, house)
    before = await published(hass, "strom")
    await _falsify(hass)
    assert await published(hass, "strom") != before
    await pass_to(hass, freezer, "2026-03-10 15:05:00")
    assert await published(hass, "strom") == before
    run = (await act(hass, "get_runs"))["runs"][0]
    (mended,) = run["mended"]
    assert run["trigger"] == "check"
    assert mended["where"] == "nebenkosten:strom_consumption"
    assert mended["rows"] == 3
    assert mended["hours"] == [
        before[number][0].astimezone(BERLIN).isoformat()
        for number in (5, 10, len(before) - 1)
    ]
    assert all(later[1] >= former[1] for former, later in pairwise(before))
    runs = len((await act(hass, "get_runs"))["runs"])
    await pass_to(hass, freezer, "2026-03-10 16:05:00")
    assert len((await act(hass, "get_runs"))["runs"]) == runs


async def test_what_somebody_changes_in_the_influxdb_is_mended(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any, influxd: Influxd
) -> None:
    beside = Beside(influxd.url)
    await connect(hass, house, beside.form())
    await read_house(hass, house)
    before = beside.results("meter_consumption", "strom")
    (point, *_) = beside.server.points(
        beside.processed, "meter_consumption", "strom", 0
    )
    beside.server.write(
        beside.processed, [replace(point, fields={**point.fields, "value": 99.0})]
    )
    await pass_to(hass, freezer, "2026-03-10 15:05:00")
    assert beside.results("meter_consumption", "strom") == before
    run = (await act(hass, "get_runs"))["runs"][0]
    assert [one["where"] for one in run["mended"]] == ["meter_consumption"]
    await pass_to(hass, freezer, "2026-03-10 16:05:00")
    assert (await act(hass, "get_runs"))["runs"][0]["run_id"] == run["run_id"]


def _fault(kind: str, report: MeterReport) -> MeterReport:
    """Return a report with one fault of ours."""
    use, counter = report.use.copy(), report.counter.copy()
    if kind == "readings":
        counter += 5
        return replace(report, counter=counter)
    if kind == "monotone":
        use[3] = -1.0
        counter[4] = counter[3] - 1.0
        use[4] = counter[5] - counter[4]
        return replace(report, use=use, counter=counter)
    if kind == "balance":
        use[3] += 1.0
        return replace(report, use=use)
    if kind == "parts":
        use[3] += 1.0
        return replace(report, use=use)
    assert kind == "future"
    assert report.last_day is not None
    return replace(report, last_day=report.last_day + timedelta(days=1))


@pytest.mark.parametrize(
    ("kind", "meter"),
    [
        ("readings", "strom"),
        ("monotone", "strom"),
        ("balance", "strom"),
        ("parts", "rest"),
        ("future", "strom"),
    ],
)
async def test_a_broken_invariant_blocks_this_meter_only(
    hass: HomeAssistant,
    house: NkConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    meter: str,
) -> None:
    await read_house(hass, house)
    await add_meter(hass, house, name="Zwei")
    for time, value in (("2026-01-31", 10), ("2026-03-09", 20)):
        await act(hass, "add_reading", meter_id="zwei", time=time, value=value)
    await _virtual(hass, house)
    await act(hass, "run_analytics")
    before = {key: await published(hass, key) for key in ("strom", "zwei", "rest")}
    real: Callable[..., Report] = analyse.computed

    def faulty(*args: Any, **kwargs: Any) -> Report:
        found = real(*args, **kwargs)
        reports = dict(found.meters)
        if meter in reports:
            reports[meter] = _fault(kind, reports[meter])
        return replace(found, meters=reports)

    with monkeypatch.context() as patch:
        patch.setattr(analyse, "computed", faulty)
        for time, value in (("2026-03-09 12:00", 1361), ("2026-03-09 18:00", 1366)):
            await act(hass, "add_reading", meter_id="strom", time=time, value=value)
        await act(hass, "add_reading", meter_id="zwei", time="2026-02-20", value=18)
        run = await act(hass, "run_analytics", full=True)
    assert run["status"] == "partial"
    codes = {
        key: [f["code"] for f in one["findings"] if f["code"].startswith("invariant")]
        for key, one in run["meters"].items()
    }
    assert codes.pop(meter) == [f"invariant_{kind}"]
    assert not any(codes.values())
    assert run["errors"] == [f"invariant: {meter}"]
    statuses = {key: one["status"] for key, one in run["meters"].items()}
    assert statuses.pop(meter) == "partial"
    assert set(statuses.values()) == {"ok"}
    assert await published(hass, meter) == before[meter]
    other = "zwei" if meter == "strom" else "strom"
    assert await published(hass, other) != before[other]
    again = await act(hass, "run_analytics", full=True)
    assert again["status"] == "ok"


async def _virtual(hass: HomeAssistant, house: NkConfigEntry) -> None:
    flow = await hass.config_entries.subentries.async_init(
        (house.entry_id, "virtual_meter"), context={"source": "user"}
    )
    terms = [{"meter_id": "zwei", "factor": 2}]
    done = await hass.config_entries.subentries.async_configure(
        flow["flow_id"],
        {"name": "Rest", "medium": "electricity", "unit": "kWh", "terms": terms},
    )
    assert done["type"] == "create_entry", done
    await settle(hass)


async def _choose(hass: HomeAssistant, house: NkConfigEntry, **more: Any) -> None:
    flow = await hass.config_entries.options.async_init(house.entry_id)
    await hass.config_entries.options.async_configure(
        flow["flow_id"], {"run_time": "03:30:00", "more": more}
    )
    await settle(hass)


async def test_a_preview_leaves_what_dashboards_read_and_goes_without_a_trace(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any, influxd: Influxd
) -> None:
    beside = Beside(influxd.url)
    await connect(hass, house, beside.form())
    await read_house(hass, house)
    before = await published(hass, "strom")
    points = beside.results("meter_consumption", "strom")
    await _choose(hass, house, preview=True)
    await act(hass, "add_reading", meter_id="strom", time="2026-02-15", value=1180)
    await act(hass, "run_analytics")
    assert await published(hass, "strom") == before
    assert beside.results("meter_consumption", "strom") == points
    tried = beside.results("meter_consumption_preview", "strom")
    assert tried.keys() == points.keys()
    assert tried != points
    ids = await _ids(hass)
    assert ids == {"strom_consumption", "strom_consumption_preview"}

    await _choose(hass, house, preview=False)
    await pass_to(hass, freezer, "2026-03-10 15:00:00")
    assert await _ids(hass) == {"strom_consumption"}
    assert beside.results("meter_consumption_preview", "strom") == {}
    assert beside.results("meter_consumption", "strom") == tried
    assert await published(hass, "strom") != before


async def _ids(hass: HomeAssistant) -> set[str]:
    from custom_components.nebenkosten.publication.statistics import async_ours

    return {one.partition(":")[2] for one in await async_ours(hass)}


async def test_at_night_nothing_is_deleted_unasked(
    hass: HomeAssistant, house: NkConfigEntry, freezer: Any
) -> None:
    await async_setup_component(hass, "repairs", {})
    await read_house(hass, house, medium="gas", unit="m³")
    assert await _ids(hass) == {"strom_consumption", "strom_energy"}
    (subentry,) = house.subentries.values()
    hass.config_entries.async_update_subentry(
        house, subentry, data={**subentry.data, "medium": "water"}
    )
    await settle(hass)
    journal = house.runtime_data.loaded.journal
    await pass_to(hass, freezer, "2026-03-11 03:30:00")
    await hass.async_add_executor_job(journal.rest)
    kept = journal.path.read_bytes()
    await hass.async_add_executor_job(journal.resume)
    await house.runtime_data.housekeeping.async_keep()
    await hass.async_add_executor_job(journal.rest)
    assert journal.path.read_bytes() == kept
    await hass.async_add_executor_job(journal.resume)
    assert "orphaned_statistics" in issues(hass)
    assert await _ids(hass) == {"strom_consumption", "strom_energy"}

    await _answer(hass, "keep")
    await house.runtime_data.housekeeping.async_keep()
    assert "orphaned_statistics" not in issues(hass)
    # Neither a restart nor a cache that is gone asks again.
    await lose_cache(hass, house)
    await house.runtime_data.housekeeping.async_keep()
    assert "orphaned_statistics" not in issues(hass)
    forgotten = Decisions(automatic=True, kept_orphans=())
    remember_decisions(house.runtime_data.loaded.journal, forgotten)
    await lose_cache(hass, house)
    await house.runtime_data.housekeeping.async_keep()
    await _answer(hass, "delete")
    assert await _ids(hass) == {"strom_consumption"}
    await house.runtime_data.housekeeping.async_keep()
    assert "orphaned_statistics" not in issues(hass)
    assert len((await act(hass, "get_readings"))["meters"]["strom"]["readings"]) == 3


async def _answer(hass: HomeAssistant, choice: str) -> None:
    manager = hass.data["repairs"]["flow_manager"]
    flow = await manager.async_init(
        "nebenkosten", data={"issue_id": "orphaned_statistics"}
    )
    assert flow["menu_options"] == ["keep", "delete"]
    done = await manager.async_configure(flow["flow_id"], {"next_step_id": choice})
    assert done["type"] == "create_entry"

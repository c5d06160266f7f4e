"""Which measurements and fields hold the results; how older ones are moved there."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.nebenkosten.influx.model import Doomed, Point, RawSeries
from custom_components.nebenkosten.influx.v1 import InfluxQLServer
from custom_components.nebenkosten.runtime import NkConfigEntry
from scripts.servers import Influxd

from .conftest import act, add_meter, settle
from .influx_house import KINDS, NS, Beside, assert_same_as_engine, connect, hourly

LEDGER = "nebenkosten.ledger"
STROM = RawSeries("kWh", "sensor", "strom")
FLAGS = {"value", "z_score", "iqr_lower", "iqr_upper", "anomaly_count"}
WHY = {"value", "expected", "score", "kind", "reason"}
CUMULATIVE = ("meter_interpolated_daily", "meter_interpolated_monthly")
SHARES = ("nebenkosten_consumption_quality", "nebenkosten_counter_quality")
ORIGINALS = (*CUMULATIVE, "meter_consumption", "meter_anomaly")
ALL = (*ORIGINALS, *SHARES, "nebenkosten_anomaly")


@pytest.fixture
def beside(influxd: Influxd) -> Beside:
    return Beside(influxd.url)


async def _house_with_a_spike(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside
) -> None:
    """Publish a meter that is used in one of three ways, and oddly on one day."""
    total, readings = 100.0, []
    for number, (time, _) in enumerate(hourly("2025-12-01T23:00:00", 24 * 98, 0)):
        total += (0.4, 0.5, 0.6)[number // 24 % 3]
        readings.append((time, total + (60 if time >= "2026-03-08T12" else 0)))
    beside.say(STROM, *readings)
    await connect(hass, house, beside.form())
    await add_meter(hass, house, sources=[{"series": "kWh:sensor.strom"}])
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok", run


def _points(beside: Beside, measurement: str) -> list[Point]:
    return beside.server.points(beside.processed, measurement, "strom", 0)


def _contents(beside: Beside) -> dict[str, list[Point]]:
    return {name: _points(beside, name) for name in ALL}


async def test_the_original_s_measurements_hold_its_fields_alone(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside
) -> None:
    await _house_with_a_spike(hass, house, beside)
    for name in (*CUMULATIVE, "meter_consumption"):
        for point in _points(beside, name):
            assert point.tags == {"meter_id": "strom", "unit": "kWh"}
            assert point.fields.keys() == {"value"}
    (flagged,) = _points(beside, "meter_anomaly")
    assert flagged.tags == {"meter_id": "strom"}
    assert flagged.fields.keys() == FLAGS
    assert not any(isinstance(value, str) for value in flagged.fields.values())


async def test_what_is_added_stands_beside_them_at_the_same_instants(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside
) -> None:
    await _house_with_a_spike(hass, house, beside)
    await assert_same_as_engine(hass, beside, "strom")
    for name, theirs in zip(
        SHARES, ("meter_consumption", "meter_interpolated_daily"), strict=True
    ):
        ours = _points(beside, name)
        assert [(p.tags, p.time) for p in ours] == [
            (p.tags, p.time) for p in _points(beside, theirs)
        ]
        assert all(point.fields.keys() == set(KINDS) for point in ours)
        assert all(sum(map(float, p.fields.values())) == 1.0 for p in ours)
    (flagged,) = _points(beside, "meter_anomaly")
    (why,) = _points(beside, "nebenkosten_anomaly")
    assert (why.tags, why.time) == (flagged.tags, flagged.time)
    assert why.fields.keys() == WHY
    found = await act(hass, "get_anomalies", meter_id="strom")
    (event,) = found["meters"]["strom"]
    assert why.fields["value"] == flagged.fields["value"]
    for field in ("expected", "score"):
        assert why.fields[field] == pytest.approx(event[field], rel=1e-6)
    assert why.fields["kind"] == event["kind"]
    assert why.fields["reason"] == event["reason"]

    assert (await act(hass, "run_analytics"))["written"]["influxdb"] == 0
    again = await act(hass, "run_analytics", full=True)
    assert again["written"]["influxdb"] == 0


async def test_a_preview_has_all_of_them_and_leaves_none(
    hass: HomeAssistant, house: NkConfigEntry, beside: Beside
) -> None:
    await _house_with_a_spike(hass, house, beside)
    before = _contents(beside)
    await _choose_preview(hass, house, preview=True)
    await act(hass, "run_analytics", full=True)
    for name in ALL:
        tried = _points(beside, f"{name}_preview")
        assert [(p.time, p.fields) for p in tried] == [
            (p.time, p.fields) for p in before[name]
        ]
    await _choose_preview(hass, house, preview=False)
    await house.runtime_data.housekeeping.async_end_preview()
    assert not any(_points(beside, f"{name}_preview") for name in ALL)
    assert _contents(beside) == before


async def _choose_preview(
    hass: HomeAssistant, house: NkConfigEntry, *, preview: bool
) -> None:
    flow = await hass.config_entries.options.async_init(house.entry_id)
    await hass.config_entries.options.async_configure(
        flow["flow_id"], {"run_time": "03:30:00", "more": {"preview": preview}}
    )
    await settle(hass)


async def _back_to_0_1(
    hass: HomeAssistant,
    house: NkConfigEntry,
    beside: Beside,
    storage: dict[str, Any],
    suffix: str = "",
) -> None:
    """Make the points and the ledger what version 0.1 left behind; loads nothing."""
    assert await hass.config_entries.async_unload(house.entry_id)
    await settle(hass)
    old: list[Point] = []
    for name in ORIGINALS:
        for point in _points(beside, name):
            fields = {**point.fields, "quality": "measured"}
            if name == "meter_anomaly":
                (why,) = _points(beside, "nebenkosten_anomaly")
                fields |= why.fields
            old.append(
                Point(
                    measurement=name + suffix,
                    tags=point.tags,
                    fields=fields,
                    time=point.time,
                )
            )
    for name in ALL:
        beside.server.drop(beside.processed, name)
    beside.server.write(beside.processed, old)
    points = storage[LEDGER]["data"]["points"]
    del points["shape"], points["moved"]
    points["meters"] = {
        f"strom#{suffix}" if suffix else "strom": {
            f"{name}{suffix}:{_quarter(point)}": "0123456789abcdef01234567"
            for name in ORIGINALS
            for point in old
            if point.measurement == name + suffix
        }
    }


def _quarter(point: Point) -> int:
    if point.measurement.startswith("meter_anomaly"):
        return 0
    moment = datetime.fromtimestamp(point.time // NS, UTC)
    start = moment.replace(month=(moment.month - 1) // 3 * 3 + 1, day=1, hour=0)
    return int(start.timestamp())


async def _load(hass: HomeAssistant, house: NkConfigEntry) -> None:
    assert await hass.config_entries.async_setup(house.entry_id)
    await settle(hass)


async def test_what_version_0_1_published_is_moved_once(
    hass: HomeAssistant,
    house: NkConfigEntry,
    beside: Beside,
    hass_storage: dict[str, Any],
) -> None:
    await _house_with_a_spike(hass, house, beside)
    wanted = _contents(beside)
    await _back_to_0_1(hass, house, beside, hass_storage)
    other = Point(
        measurement="meter_consumption",
        tags={"meter_id": "of somebody else", "unit": "kWh"},
        fields={"value": 1.0, "quality": "good"},
        time=wanted["meter_consumption"][5].time,
    )
    beside.server.write(beside.processed, [other])
    await _load(hass, house)
    run = await act(hass, "run_analytics")
    assert _contents(beside) == wanted
    assert beside.server.points(
        beside.processed, "meter_consumption", "of somebody else", 0
    ) == [other]
    # Nobody edited the database: it was not mended.
    runs = (await act(hass, "get_runs"))["runs"]
    assert not any(one["mended"] for one in runs), runs
    assert run["status"] == "ok"
    for full in (False, True):
        again = await act(hass, "run_analytics", full=full)
        assert again["written"] == {"statistics": 0, "influxdb": 0}
    assert await hass.config_entries.async_unload(house.entry_id)
    await settle(hass)
    await _load(hass, house)
    again = await act(hass, "run_analytics")
    assert again["written"] == {"statistics": 0, "influxdb": 0}


@pytest.mark.parametrize("steps", [0, 1, 2, 5, 8, 11])
async def test_a_move_that_is_cut_goes_on(
    hass: HomeAssistant,
    house: NkConfigEntry,
    beside: Beside,
    hass_storage: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    steps: int,
) -> None:
    await _house_with_a_spike(hass, house, beside)
    wanted = _contents(beside)
    await _back_to_0_1(hass, house, beside, hass_storage)
    files: list[Any] = []
    with monkeypatch.context() as patch:
        _let_die(patch, steps, lambda: files.append(deepcopy(hass_storage[LEDGER])))
        await _load(hass, house)
        run = await act(hass, "run_analytics")
        assert run["status"] == "partial"
        assert _contents(beside) != wanted
        assert await hass.config_entries.async_unload(house.entry_id)
        await settle(hass)
    # What was not on the disk when the process ended is gone.
    hass_storage[LEDGER] = files[0]
    await _load(hass, house)
    await act(hass, "run_analytics")
    assert _contents(beside) == wanted
    assert not any(_points(beside, f"{name}_moving") for name in ORIGINALS)
    again = await act(hass, "run_analytics", full=True)
    assert again["written"] == {"statistics": 0, "influxdb": 0}


def _let_die(patch: pytest.MonkeyPatch, steps: int, died: Callable[[], None]) -> None:
    """Let the process end after so many deletions and writes, half of one done."""
    write, delete = InfluxQLServer.write, InfluxQLServer.delete
    left = [steps]

    def step() -> None:
        left[0] -= 1
        if left[0] < 0:
            died()
            raise RuntimeError("the process ends here")

    def half_write(server: InfluxQLServer, place: str, points: Sequence[Point]) -> None:
        if points and not left[0]:
            write(server, place, points[: len(points) // 2])
        if points:
            step()
        write(server, place, points)

    def no_delete(server: InfluxQLServer, place: str, doomed: Doomed) -> bool:
        step()
        return delete(server, place, doomed)

    patch.setattr(InfluxQLServer, "write", half_write)
    patch.setattr(InfluxQLServer, "delete", no_delete)


async def test_what_version_0_1_published_of_a_removed_meter_is_moved(
    hass: HomeAssistant,
    house: NkConfigEntry,
    beside: Beside,
    hass_storage: dict[str, Any],
) -> None:
    await _house_with_a_spike(hass, house, beside)
    wanted = _contents(beside)
    await add_meter(hass, house, name="Wasser", medium="water", unit="m³")
    rows = "meter_id,time,value\nwasser,2026-02-01,10\nwasser,2026-03-01,14\n"
    await act(hass, "import_readings", content=rows)
    await _back_to_0_1(hass, house, beside, hass_storage)
    (strom,) = (one for one in house.subentries.values() if one.unique_id == "strom")
    hass.config_entries.async_remove_subentry(house, strom.subentry_id)
    await _load(hass, house)
    run = await act(hass, "run_analytics")
    assert run["meters"].keys() == {"wasser"}
    for name in (*ORIGINALS, "nebenkosten_anomaly"):
        assert _points(beside, name) == wanted[name]
    for name in SHARES:
        moved = _points(beside, name)
        assert [point.time for point in moved] == [p.time for p in wanted[name]]
        assert all(point.fields["measured"] == 1 for point in moved)
    assert (await act(hass, "run_analytics"))["written"]["influxdb"] == 0


async def test_a_preview_of_version_0_1_goes_without_a_trace(
    hass: HomeAssistant,
    house: NkConfigEntry,
    beside: Beside,
    hass_storage: dict[str, Any],
) -> None:
    await _house_with_a_spike(hass, house, beside)
    wanted = _contents(beside)
    await _back_to_0_1(hass, house, beside, hass_storage, "_preview")
    await _load(hass, house)
    await house.runtime_data.housekeeping.async_end_preview()
    assert not any(_points(beside, f"{name}_preview") for name in ORIGINALS)
    await act(hass, "run_analytics")
    assert _contents(beside) == wanted

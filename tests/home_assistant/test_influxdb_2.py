"""InfluxDB 2 as source and sink, through the front door: its stand-in is as strict."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.influx import bounded
from custom_components.nebenkosten.influx.model import Point, RawSeries
from custom_components.nebenkosten.runtime import NkConfigEntry

from ..gate import gate_before
from ..influx.stand_in import ORGANISATION, ORGANISATION_ID, TOKEN, StandIn
from ..tibber.stand_in import FakeTibber
from .conftest import act, add_meter, settle
from .influx_2_house import BesideV2, answer_form, connect_v2, form
from .influx_house import (
    NS,
    assert_same_as_engine,
    assert_what_it_wrote_counts,
    let_home_assistant_write,
)
from .leaking_house import leaking
from .tibber_house import connect_tibber, journal

GAS = RawSeries("m³", "input_number", "gas_zaehler")
WATER = RawSeries("m³", "number", "wasser")
STROM = RawSeries("kWh", "sensor", "strom")
DAY = 86400


@pytest.fixture
def beside(stand_in: StandIn) -> BesideV2:
    return BesideV2(stand_in)


async def add_helper(hass: HomeAssistant, house: NkConfigEntry, **form: Any) -> None:
    meter = {"name": "Gas", "medium": "gas", "unit": "m³"}
    series = {"sources": [{"series": GAS.reference}]}
    await add_meter(hass, house, **(meter | series | form))


def issue(hass: HomeAssistant, name: str) -> dict[str, str] | None:
    """Return what an issue says, None where there is none."""
    found = ir.async_get(hass).async_get_issue(DOMAIN, name)
    if found is None:
        return None
    return {"key": str(found.translation_key), **(found.translation_placeholders or {})}


async def test_a_house_whose_meters_are_helpers(
    hass: HomeAssistant, house: NkConfigEntry, beside: BesideV2, stand_in: StandIn
) -> None:
    beside.say(
        GAS,
        ("2025-11-01T00:00:00+01:00", 1000),
        ("2025-12-01T00:00:00+01:00", 1120),
        # Home Assistant wrote it again when it was restarted: nobody read the dial.
        ("2025-12-20T08:00:00+01:00", 1120),
        ("2026-01-01T00:00:00+01:00", 1300),
    )
    beside.say(
        WATER,
        ("2025-11-01T00:00:00+01:00", 10),
        ("2026-03-01T00:00:00+01:00", 70),
    )
    with gate_before(stand_in.url) as gate:
        steps = await connect_v2(hass, house, stand_in, url=gate.url)
        assert steps == ["create_place"]
        await add_helper(hass, house)
        await add_helper(
            hass,
            house,
            name="Wasser",
            medium="water",
            sources=[{"series": WATER.reference}],
        )
        run = await act(hass, "run_analytics")
        assert run["status"] == "ok", run
        assert run["meters"]["gas"]["readings"] == 3
        months = await act(hass, "get_consumption", meter_id="gas", period="month")
        rows = months["meters"]["gas"]["rows"]
        assert [row["value"] for row in rows[:2]] == pytest.approx([120, 180])
        await assert_same_as_engine(hass, beside, "gas")
        await assert_same_as_engine(hass, beside, "wasser")
        for data in ({}, {"full": True}):
            run = await act(hass, "run_analytics", **data)
            assert run["written"] == {"statistics": 0, "influxdb": 0}

        # An outage, while a dial is read and another reading is corrected.
        gate.mood = 503
        beside.say(GAS, ("2026-03-01T00:00:00+01:00", 1500))
        await act(hass, "add_reading", meter_id="gas", time="2025-11-16", value=1050)
        run = await act(hass, "run_analytics")
        assert run["status"] != "ok"
        gate.mood = None
        run = await act(hass, "run_analytics")
        assert run["status"] == "ok"
        assert run["written"]["influxdb"] > 0
        await assert_same_as_engine(hass, beside, "gas")

        # A reading that is taken back leaves no point of the time before.
        before = beside.results("meter_consumption", "gas")
        added = await act(
            hass, "add_reading", meter_id="gas", time="2025-10-01", value=900
        )
        await act(hass, "run_analytics")
        more = await assert_same_as_engine(hass, beside, "gas")
        assert more.keys() > before.keys()
        await act(hass, "delete_reading", reading_id=added["reading_id"])
        await act(hass, "run_analytics")
        assert await assert_same_as_engine(hass, beside, "gas") == before
        assert (await act(hass, "run_analytics"))["written"]["influxdb"] == 0


async def test_a_token_of_two_buckets_among_many(
    hass: HomeAssistant, house: NkConfigEntry, beside: BesideV2, stand_in: StandIn
) -> None:
    stand_in.buckets |= {f"bucket {number:02}": [] for number in range(45)}
    stand_in.buckets["results"] = []
    stand_in.limited["single"] = {"raw", "results"}
    beside.say(GAS, ("2026-01-01T00:00:00Z", 100), ("2026-03-01T00:00:00Z", 160))
    assert await connect_v2(hass, house, stand_in, token="single") == []
    await add_helper(hass, house)
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    await assert_same_as_engine(hass, beside, "gas")


@pytest.mark.parametrize(
    ("other", "error"),
    [
        ({"processed": "elsewhere"}, "rights"),
        ({"processed": "bucket 03"}, "rights"),
        ({"processed": ""}, "place"),
        ({"raw": "bucket 03"}, "place"),
        ({"organisation": "buckets"}, "organisation"),
    ],
)
async def test_what_a_token_may_not(
    hass: HomeAssistant,
    house: NkConfigEntry,
    stand_in: StandIn,
    other: dict[str, str],
    error: str,
) -> None:
    stand_in.buckets |= {f"bucket {number:02}": [] for number in range(45)}
    stand_in.limited["single"] = {"raw"}
    step = await answer_form(hass, house, form(stand_in, token="single", **other))
    if step["step_id"] == "create_place":
        step = dict(await hass.config_entries.flow.async_configure(step["flow_id"], {}))
    assert step["errors"] == {"base": f"influxdb_{error}"}


async def test_an_organisation_by_its_id_and_one_that_is_gone(
    hass: HomeAssistant,
    house: NkConfigEntry,
    beside: BesideV2,
    stand_in: StandIn,
) -> None:
    beside.say(GAS, ("2026-01-01T00:00:00Z", 100), ("2026-03-01T00:00:00Z", 160))
    await connect_v2(hass, house, stand_in, organisation=ORGANISATION_ID)
    await add_helper(hass, house)
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    await assert_same_as_engine(hass, beside, "gas")
    stand_in.organisations.clear()
    await act(hass, "run_analytics")
    told = issue(hass, "influxdb")
    assert told is not None
    assert told["key"] == "influxdb_organisation"
    assert "{" not in told["detail"]
    stand_in.organisations |= {ORGANISATION, ORGANISATION_ID}
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    assert issue(hass, "influxdb") is None


async def test_a_bucket_that_forgets(
    hass: HomeAssistant,
    house: NkConfigEntry,
    beside: BesideV2,
    stand_in: StandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stand_in.buckets["results"] = []
    stand_in.keeps["results"] = 30 * DAY
    beside.say(GAS, ("2025-11-01T00:00:00Z", 1000), ("2026-03-09T00:00:00Z", 1300))
    step = await answer_form(hass, house, form(stand_in))
    assert step["step_id"] == "short_place"
    assert step["description_placeholders"] == {"place": "results", "days": "30"}
    assert await connect_v2(hass, house, stand_in) == ["short_place"]
    await add_helper(hass, house)
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok", run
    # What fits is there, and counted; the rest is told of once.
    written = beside.results("meter_consumption", "gas")
    assert min(written) == "2026-02-08T23:00:00+00:00"
    assert len(written) == 29
    assert run["written"]["influxdb"] == len(stand_in.written[-1].splitlines())
    assert issue(hass, "influxdb") is None
    assert issue(hass, "influxdb_short") == {
        "key": "influxdb_short",
        "place": "results",
        "days": "30",
    }
    sent = len(stand_in.written)
    assert (await act(hass, "run_analytics"))["written"]["influxdb"] == 0
    assert (await act(hass, "run_analytics", full=True))["written"]["influxdb"] == 0
    # A look at what was published finds nothing amiss.
    assert await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    assert len(stand_in.written) == sent
    assert "no longer there" not in caplog.text

    stand_in.keeps.clear()
    await act(hass, "run_analytics", full=True)
    await assert_same_as_engine(hass, beside, "gas")
    assert issue(hass, "influxdb_short") is None


async def test_a_bucket_that_has_forgotten_anomalies(
    hass: HomeAssistant,
    house: NkConfigEntry,
    stand_in: StandIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The look at what was published misses none of those that are older."""
    stand_in.buckets["results"] = []
    stand_in.keeps["results"] = 30 * DAY
    await connect_v2(hass, house, stand_in)
    await leaking(hass, house, {date(2026, 2, 1): 0.5})
    first = BesideV2(stand_in).results("nebenkosten_anomaly", "wasser")
    assert min(first) >= "2026-02-08"
    assert await hass.config_entries.async_reload(house.entry_id)
    await settle(hass)
    assert "no longer there" not in caplog.text


async def test_a_field_of_results_that_holds_integers(
    hass: HomeAssistant, house: NkConfigEntry, beside: BesideV2, stand_in: StandIn
) -> None:
    await connect_v2(hass, house, stand_in)
    monday = datetime(2026, 1, 5, tzinfo=UTC)
    theirs = Point(
        measurement="meter_consumption",
        tags={"meter_id": "somebody", "unit": "m³"},
        fields={"value": 7},
        time=round(monday.timestamp()) * NS,
    )
    beside.server.write("results", [theirs])
    await add_meter(hass, house, name="Gas", medium="gas", unit="m³")
    await add_meter(hass, house, name="Wasser", medium="water", unit="m³")
    for time, value in (("2026-01-02", 100), ("2026-03-01", 160)):
        await act(hass, "add_reading", meter_id="gas", time=time, value=value)
    for time, value in (("2026-02-02", 100), ("2026-03-01", 160)):
        await act(hass, "add_reading", meter_id="wasser", time=time, value=value)
    run = await act(hass, "run_analytics")
    assert run["meters"]["gas"]["status"] == "partial"
    assert run["meters"]["wasser"]["status"] == "ok"
    await assert_same_as_engine(hass, beside, "wasser")
    told = issue(hass, "influxdb_column")
    assert told is not None
    assert told["detail"] == "meter_consumption: value (integer)"
    assert issue(hass, "influxdb") is None
    mine = beside.results("meter_consumption", "gas")

    # Nothing is sent again and again.
    sent = len(stand_in.written)
    for data in ({}, {"full": True}):
        run = await act(hass, "run_analytics", **data)
        assert run["written"]["influxdb"] == 0
    assert len(stand_in.written) == sent
    assert issue(hass, "influxdb_column") is not None

    # Somebody clears the measurement.
    beside.server.drop("results", "meter_consumption")
    run = await act(hass, "run_analytics", full=True)
    assert run["status"] == "ok"
    whole = await assert_same_as_engine(hass, beside, "gas")
    assert len(mine) == len(whole) - 7
    assert issue(hass, "influxdb_column") is None


async def test_more_than_fits_into_one_answer(
    hass: HomeAssistant,
    house: NkConfigEntry,
    beside: BesideV2,
    stand_in: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server reduces what would be too much; all that matters still comes."""
    monkeypatch.setattr(bounded, "_LARGEST", 200_000)
    first = datetime(2026, 2, 2, tzinfo=UTC)
    values = [
        ((first + timedelta(minutes=2 * n)).isoformat(), n if n < 6007 else n - 6000)
        for n in range(12_000)
    ]
    beside.say(STROM, *values)
    await connect_v2(hass, house, stand_in)
    await add_meter(hass, house, sources=[{"series": STROM.reference}])
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    assert any("window(every: 3600s)" in one for one in stand_in.queries)
    found = await act(hass, "get_readings", meter_id="strom")
    kept = [one["value"] for one in found["meters"]["strom"]["readings"]]
    assert (6006.0, 7.0) in list(pairwise(kept))
    assert kept[-1] == 5999.0


@pytest.mark.filterwarnings("ignore:The 'WriteType.asynchronous'")
async def test_home_assistants_own_writer(
    hass: HomeAssistant,
    house: NkConfigEntry,
    beside: BesideV2,
    stand_in: StandIn,
    freezer: Any,
) -> None:
    own = {
        "url": stand_in.url,
        "verify_ssl": False,
        "organization": ORGANISATION,
        "bucket": "raw",
        "token": TOKEN,
    }
    await let_home_assistant_write(hass, freezer, "configure_v2", own)
    await connect_v2(hass, house, stand_in)
    await assert_what_it_wrote_counts(hass, house)


async def test_tibber_s_hours_in_a_raw_bucket_that_forgets(
    hass: HomeAssistant,
    house: NkConfigEntry,
    stand_in: StandIn,
    fake: FakeTibber,
) -> None:
    stand_in.keeps["raw"] = 5 * DAY
    await connect_v2(hass, house, stand_in)
    await connect_tibber(hass, house)
    await add_meter(hass, house, sources=[{"tibber": "home-a/consumption"}])
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    assert issue(hass, "influxdb") is None
    kept = {row["_time"] // NS for row in stand_in.buckets["raw"]}
    hours = {hour.timestamp() for hour in journal(hass)}
    oldest = datetime(2026, 3, 5, 13, tzinfo=UTC).timestamp()
    assert kept == {hour for hour in hours if hour >= oldest}
    assert kept < hours
    assert kept
    # The first publication chooses the places anew; from then on each hour goes once.
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    sent = len(stand_in.written)
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    assert len(stand_in.written) == sent

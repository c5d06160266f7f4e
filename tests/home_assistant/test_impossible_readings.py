"""What no dial can have shown is refused on every way in, and hurts nothing inside."""

from pathlib import Path
import sqlite3
from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.nebenkosten.const import DOMAIN, FILES_FOLDER, JOURNAL_FILE
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter, settle
from .external_statistics import UTC_MIDNIGHT, external, hourly
from .reading_back import used_per_day
from .repairing import mend

_DIGITS = "7" * 400
_TIMES = [
    ("0001-01-01", "year_mistyped", "2001-01-01, 1901-01-01"),
    ("0202-11-01", "year_mistyped", "2020-11-01, 2002-11-01, 2025-11-01"),
    ("0202-11-01 08:30", "year_mistyped", "2020-11-01, 2002-11-01, 2025-11-01"),
    ("01.11.0202", "year_mistyped", "2020-11-01, 2002-11-01, 2025-11-01"),
    ("0022-11-01T00:00:00+14:00", "year_mistyped", "2022-11-01, 1922-11-01"),
    ("1066-10-14", "before_1900", None),
    ("2202-11-01", "in_future", None),
    ("9999-12-31", "in_future", None),
    ("9999-12-31T23:59:59-12:00", "in_future", None),
]
_VALUES = [
    (_DIGITS, "too_many_digits"),
    (f"1.{_DIGITS}", "too_many_digits"),
    (10**400, "too_many_digits"),
    (1e300, "too_many_digits"),
    (float("inf"), "too_many_digits"),
    ("1000000000000", "too_many_digits"),
    (True, "not_a_number"),
    (float("nan"), "not_a_number"),
    ("Infinity", "not_a_number"),
    ("true", "not_a_number"),
]


async def _refused(hass: HomeAssistant, action: str, key: str, **data: Any) -> Any:
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, action, **data)
    assert caught.value.translation_key == key, data
    return caught.value.translation_placeholders


async def test_impossible_times_are_refused_with_what_is_likely_meant(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    added = await act(hass, "add_reading", meter_id="strom", value=5, time="2026-02-01")
    edit = {"reading_id": added["reading_id"]}
    for time, key, likely in _TIMES:
        for action, data in (
            ("add_reading", {"meter_id": "strom", "value": 5}),
            ("edit_reading", edit),
            ("replace_meter", {"meter_id": "strom", "final_value": 5}),
        ):
            said = await _refused(hass, action, key, time=time, **data)
            assert said == (None if likely is None else {"likely": likely})
        content = f"meter_id;time;value\nstrom;{time};5\n"
        report = await act(hass, "import_readings", content=content, dry_run=True)
        (row,) = report["rejected"]
        assert (row["code"], row["column"]) == (key, "time")
        assert likely is None or likely in row["text"]
        said = await _refused(hass, "import_readings", "rows_rejected", content=content)
        assert likely is None or likely in said["reason"]


async def test_impossible_values_are_refused(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    await add_meter(hass, house)
    added = await act(hass, "add_reading", meter_id="strom", value=5, time="2026-02-01")
    folder = Path(hass.config.path(FILES_FOLDER))
    folder.mkdir(exist_ok=True)
    for number, (value, key) in enumerate(_VALUES):
        meter = {"meter_id": "strom"}
        await _refused(hass, "add_reading", key, value=value, **meter)
        await _refused(
            hass, "edit_reading", key, value=value, reading_id=added["reading_id"]
        )
        await _refused(hass, "replace_meter", key, final_value=value, **meter)
        await _refused(
            hass, "replace_meter", key, final_value=6, first_value=value, **meter
        )
        if isinstance(value, str):
            file = folder / f"{number}.csv"
            file.write_text(f"meter_id;time;value\nstrom;2026-03-01;{value}\n")
            await _refused(hass, "import_readings", "rows_rejected", path=file.name)
    found = await act(hass, "get_readings", meter_id="strom")
    assert [one["value"] for one in found["meters"]["strom"]["readings"]] == [5]


async def test_the_form_says_what_is_wrong(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    subentry_id = await add_meter(hass, house)
    subentries = hass.config_entries.subentries
    flow = await subentries.async_init(
        (house.entry_id, "physical_meter"),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id},
    )
    await subentries.async_configure(flow["flow_id"], {"next_step_id": "enter_reading"})
    for form, key in (
        ({"value": "5", "time": "0202-11-01 10:00:00"}, "year_mistyped"),
        ({"value": "5", "time": "1066-11-01 10:00:00"}, "before_1900"),
        ({"value": _DIGITS}, "too_many_digits"),
    ):
        shown = await subentries.async_configure(
            flow["flow_id"], {"kind": "actual", **form}
        )
        assert shown["errors"] == {"base": key}


async def test_what_a_sensor_or_a_statistic_cannot_mean_is_skipped_and_told(
    hass: HomeAssistant,
    house: NkConfigEntry,
    freezer: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    unit = {"unit_of_measurement": "kWh"}
    for value in ("10", "1e300", "12", "inf", "1" * 200, "nan", "15"):
        hass.states.async_set("sensor.poisoned", value, unit)
        freezer.tick(1800)
    await external(hass, hourly(UTC_MIDNIGHT, [0.0, 1.0, 1e300, 1e300]))
    await async_wait_recording_done(hass)
    await add_meter(hass, house, sources=[{"entity": "sensor.poisoned"}])
    await add_meter(
        hass, house, name="Gas", sources=[{"statistic": "utility:electricity"}]
    )
    for _ in range(2):
        run = await act(hass, "run_analytics")
        assert run["status"] == "ok"
    found = await act(hass, "get_readings", meter_id="strom")
    values = [one["value"] for one in found["meters"]["strom"]["readings"]]
    assert values == [10, 12, 15]
    journal = house.runtime_data.loaded.journal
    rows = await hass.async_add_executor_job(
        journal.rows, "SELECT value FROM amounts WHERE meter = 'gas'"
    )
    assert [row["value"] for row in rows] == [1.0, 0.0]
    for source in ("sensor.poisoned", "utility:electricity"):
        told = [
            one for one in caplog.messages if source in one and "no dial can" in one
        ]
        assert len(told) == 1


_POISON = [
    (-62135596800 * 10**6, 5.0),
    (-55000000000 * 10**6, 5.0),
    (-(2**63), 5.0),
    (2**63 - 1, 5.0),
    (253402300799 * 10**6, 5.0),
    (1770000000 * 10**6, float("inf")),
    (1770000001 * 10**6, float("-inf")),
    (1770000002 * 10**6, 1.7e308),
    (1770000003 * 10**6, -1e300),
    (0, 1e15),
]
_LOOK_UPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_consumption", {"period": "month"}),
    ("get_counter", {"at": "2026-03-01"}),
    ("get_anomalies", {}),
    ("get_daily_summary", {"date": "2026-03-01"}),
    ("get_intervals", {}),
    ("explain", {"date": "2026-03-01"}),
    ("get_live", {}),
)


def _poison(path: Path) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("INSERT INTO revisions (at, what) VALUES (0, 'append')")
        connection.executemany(
            "INSERT INTO readings (meter, instant, zone, value_text, value, kind,"
            " source, received, revision, origin) VALUES ('strom', ?, 'UTC', 'x', ?,"
            " 'actual', 'hand', 0, (SELECT max(revision) FROM revisions), ?)",
            [(at, value, f"{at} {value}") for at, value in _POISON],
        )
        connection.executemany(
            'INSERT INTO amounts (meter, start, "end", value, source, received,'
            " revision) VALUES ('gas', ?, ?, ?, 's', 0,"
            " (SELECT max(revision) FROM revisions))",
            [(at, min(at + 1, 2**63 - 1), value) for at, value in _POISON],
        )
    connection.close()


async def test_what_an_older_version_kept_hurts_nothing_and_can_be_deleted(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    content = "meter_id;time;value\n" + "".join(
        f"{meter};{time};{value}\n"
        for meter in ("strom", "gas")
        for time, value in (("2026-01-31", 100), ("2026-02-28", 140))
    )
    await add_meter(hass, house)
    await add_meter(hass, house, name="Gas", medium="gas", unit="m³")
    await act(hass, "import_readings", content=content)
    assert (await act(hass, "run_analytics"))["status"] == "ok"
    before = [
        await act(hass, action, meter_id=meter, **data)
        for meter in ("strom", "gas")
        for action, data in _LOOK_UPS
    ]
    days = await used_per_day(hass, "strom")
    exported = await act(hass, "export_readings", meter_id=["strom", "gas"])

    await hass.async_add_executor_job(_poison, Path(hass.config.path(JOURNAL_FILE)))
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    assert await used_per_day(hass, "strom") == days
    assert before == [
        await act(hass, action, meter_id=meter, **data)
        for meter in ("strom", "gas")
        for action, data in _LOOK_UPS
    ]
    codes = [one["code"] for one in run["meters"]["strom"]["findings"]]
    assert codes.count("reading_impossible") == len(_POISON)
    assert {one["code"] for one in run["meters"]["gas"]["findings"]} == {
        "amount_impossible"
    }
    again = await act(hass, "export_readings", meter_id=["strom", "gas"])
    assert again == exported | {"left_out": len(_POISON)}
    added = await act(hass, "add_reading", meter_id="strom", value="150", dry_run=True)
    assert added["use"] == pytest.approx(10)
    await _delete_one_by_one(hass)


async def _delete_one_by_one(hass: HomeAssistant) -> None:
    """Answer each repair; the next ones come with the next run."""
    registry = ir.async_get(hass)
    for _ in range(len(_POISON)):
        issue = next(
            issue
            for domain, issue in registry.issues
            if domain == DOMAIN and issue.startswith("impossible_strom")
        )
        shown = await mend(hass, issue, {})
        assert shown[-1]["type"] == "create_entry"
        await act(hass, "run_analytics")
        await settle(hass)
    assert not [one for _, one in registry.issues if one.startswith("impossible")]
    found = await act(hass, "get_readings", meter_id="strom")
    status = [one["status"] for one in found["meters"]["strom"]["readings"]]
    assert (status.count("deleted"), status.count("used")) == (len(_POISON), 2)

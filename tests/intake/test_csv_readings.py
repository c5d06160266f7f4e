"""Files of readings, good and bad."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from custom_components.nebenkosten.intake.csv_readings import parse
from custom_components.nebenkosten.intake.reading_cells import RowContext
from custom_components.nebenkosten.intake.table import FileError, decode
from tests.engine.houses import at, meter

EXPECTED = RowContext(
    meters={"strom": meter()}, zone=ZoneInfo("Europe/Berlin"), latest=at("2026-01-01")
)


@pytest.mark.parametrize(
    "text",
    [
        "meter_id,time,value\nStrom,2025-01-31,1234.5\n",
        "meter_id;time;value\r\nSTROM;31.01.2025;1.234,5\r\n",
        "\ufeffMeter_ID\tTime\tValue\tnote\nstrom\t2025-02-01 00:00\t1234,5\tok\n",
        'time,value,meter_id,unit,kind\n2025-01-31,"1,234.50",strom,KWH,actual\n\n',
    ],
)
def test_separators_dates_and_decimals(text: str) -> None:
    (row,) = parse(text, EXPECTED).rows
    assert (row.meter.key, row.instant, row.value) == (
        "strom",
        at("2025-02-01"),
        1234.5,
    )


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("gas;2025-01-31;1", "meter_id", "unknown_meter"),
        ("strom;2026-01-02;1", "time", "in_future"),
        ("strom;neulich;1", "time", "not_a_time"),
        ("strom;2025-01-31;viel", "value", "not_a_number"),
        ("strom;2025-01-31;-1", "value", "negative_value"),
        ("strom;2025-01-31;", "value", "value_missing"),
        ("strom;2025-01-31", "value", "value_missing"),
        ("strom;2025-01-31;12.345", "value", "ambiguous_number"),
        ("strom;2025-01-31;1;m³", "unit", "unit_mismatch"),
        ("strom;2025-01-31;1;;guess", "kind", "unknown_kind"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(
    line: str, column: str, code: str
) -> None:
    text = f"meter_id;time;value;unit;kind\nstrom;2025-01-01;7\n\n{line}\n"
    parsed = parse(text, EXPECTED)
    assert len(parsed.rows) == 1
    (rejected,) = parsed.rejected
    assert (rejected.line, rejected.column, rejected.code) == (4, column, code)


def test_other_rows_decide_an_ambiguous_number() -> None:
    head = "meter_id;time;value\n"
    german = parse(
        f"{head}strom;2025-01-01;12.345\nstrom;2025-01-02;12.346,5", EXPECTED
    )
    assert [row.value for row in german.rows] == [12345, 12346.5]
    point = parse(f"{head}strom;2025-01-01;12.345\nstrom;2025-01-02;12.5", EXPECTED)
    assert [row.value for row in point.rows] == [12.345, 12.5]


def test_what_the_dial_can_show_decides_too() -> None:
    text = "meter_id;time;value\nstrom;2025-01-01;912,345\nstrom;2025-01-02;7,346\n"
    small = replace(EXPECTED, meters={"strom": meter(digits=5)})
    assert [row.value for row in parse(text, small).rows] == [912.345, 7.346]
    whole = replace(EXPECTED, meters={"strom": meter(decimals=1)})
    assert [row.value for row in parse(text, whole).rows] == [912345, 7346]


@pytest.mark.parametrize(
    ("text", "key", "column"),
    [
        ("", "file_empty", ""),
        ("\ufeff \n", "file_empty", ""),
        ("\n" * 30 + "hello world", "not_a_csv", ""),
        ("hello world\nthis is prose", "not_a_csv", ""),
        ("meter_id;time\nstrom;2025-01-01", "column_missing", "value"),
        ("time;value\n2025-01-01;1", "column_missing", "meter_id"),
        ('meter_id;time;value\n"' + "x" * 200_000, "not_a_csv", ""),
    ],
)
def test_what_is_no_table_of_readings(text: str, key: str, column: str) -> None:
    with pytest.raises(FileError) as caught:
        parse(text, EXPECTED)
    assert (caught.value.key, caught.value.column) == (key, column)


def test_files_of_one_meter_need_no_column_for_it() -> None:
    only = replace(EXPECTED, only_meter=meter())
    assert len(parse("time;value\n2025-01-01;1\n", only).rows) == 1


def test_encodings() -> None:
    assert decode("Zähler".encode("utf-8-sig")) == "Zähler"
    assert decode("Zähler".encode("cp1252")) == "Zähler"
    with pytest.raises(FileError):
        decode(b"PK\x03\x04\0\0binary")


def test_a_heading_that_breaks_the_reader() -> None:
    with pytest.raises(FileError):
        parse('"' + "x" * 200_000, EXPECTED)

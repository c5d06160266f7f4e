"""Regular texts are read column by column as they are row by row."""

from dataclasses import replace
import io
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings, strategies as st
import numpy as np
import pandas as pd
import pytest

from custom_components.nebenkosten.intake import csv_readings
from custom_components.nebenkosten.intake.csv_readings import parse, parse_table
from custom_components.nebenkosten.intake.reading_cells import RowContext
from custom_components.nebenkosten.intake.reading_rows import Parsed
from custom_components.nebenkosten.intake.regular_readings import regular_rows
from custom_components.nebenkosten.intake.table import MOST_ROWS, FileError, csv_table
from tests.engine.houses import at, meter

EXPECTED = RowContext(
    meters={
        "strom": meter(serial_number="4711"),
        "wasser": meter(meter_id="wasser", unit="m³", digits=5),
        "gas": meter(meter_id="gas", unit="m³", decimals=2),
    },
    zone=ZoneInfo("Europe/Berlin"),
    latest=at("2026-01-01"),
)
ONLY = replace(EXPECTED, only_meter=EXPECTED.meters["strom"])
HEAD = "meter_id;time;value;unit;kind;note\n"


def _rows(*values: str) -> str:
    return "".join(f"strom;2025-01-31 00:00;{value};;;\n" for value in values)


_ZONES = ("Europe/Berlin", "Australia/Lord_Howe", "America/Sao_Paulo", "Africa/Cairo")
_DAYS = st.one_of(
    st.sampled_from(
        [
            *(
                (2025, 3, 30),
                (2024, 10, 27),
                (2025, 4, 6),
                (2018, 11, 4),
                (2024, 4, 26),
            ),
            *(
                (1900, 1, 1),
                (1899, 12, 31),
                (2199, 12, 31),
                (2200, 1, 1),
                (2025, 2, 29),
            ),
        ]
    ),
    st.tuples(st.integers(1890, 2210), st.integers(0, 13), st.integers(0, 32)),
)
_CLOCKS = st.tuples(st.integers(0, 25), st.integers(0, 60), st.integers(0, 60))
_WRITTEN = (
    "{y:04}-{m:02}-{d:02}",
    "{y:04}-{m:02}-{d:02} {H:02}:{M:02}",
    "{y:04}-{m:02}-{d:02}T{H:02}:{M:02}:{S:02}",
    "{y:04}-{m:02}-{d:02}T{H:02}:{M:02}Z",
    "{y:04}-{m:02}-{d:02}T{H:02}:{M:02}:{S:02}+0{o}:30",
    "{y:04}-{m:02}-{d:02}T{H:02}:{M:02}-0{o}:00",
    "{y:04}-{m:02}-{d:02}T{H:02}:{M:02}+2{o}:00",
    "{d:02}.{m:02}.{y:04}",
    "{d:02}.{m:02}.{y:04} {H:02}:{M:02}",
    "{d:02}.{m:02}.{y:04} {H:02}:{M:02}:{S:02}",
    "{d}.{m}.{y:04} {H}:{M:02}",
)
_VALUES = st.one_of(
    st.from_regex(r"[0-9]{1,13}([.,][0-9]{1,13})?", fullmatch=True),
    st.sampled_from(["912,345", "7,346", "12.5", "0.123", "-1", "", "1.234,5", "٣"]),
)
_WORDS = {
    "meter_id": ["strom", "Strom ", "wasser", "gas", "4711", "", "keiner"],
    "unit": ["", "kWh", "m³", "Wh", "'=1", "l"],
    "kind": ["", "actual", "INSTALL", "estimate", "guess"],
    "note": ["", " abgelesen ", "'=1+1", "x" * 1001, "\x0b", "\u2028", "\0", "\r", '"'],
    "foreign": ["", "b", " "],
}


@st.composite
def _texts(draw: st.DrawFn) -> str:
    """Return a text that is often regular, or nearly so."""
    names = ["time", "value", *draw(st.lists(st.sampled_from([*_WORDS]), unique=True))]
    names = draw(st.permutations(names))
    delimiter = draw(st.sampled_from(";;,\t"))
    usual = {name: words[: draw(st.integers(1, 3))] for name, words in _WORDS.items()}
    written = draw(st.sampled_from(_WRITTEN))
    rows = [names]
    for _ in range(draw(st.integers(1, 5))):
        rare = draw(st.integers(0, 9)) == 0
        words = _WORDS if rare else usual
        (y, m, d), (hour, minute, second) = draw(_DAYS), draw(_CLOCKS)
        shape = draw(st.sampled_from(_WRITTEN)) if rare else written
        cells = {name: draw(st.sampled_from(some)) for name, some in words.items()}
        cells["time"] = shape.format(
            y=y, m=m, d=d, H=hour, M=minute, S=second, o=draw(st.integers(0, 9))
        )
        cells["value"] = draw(_VALUES)
        rows.append([cells[name] for name in names])
    end = draw(st.sampled_from(["\n", "\r\n", "\n\n"]))
    text = end.join(delimiter.join(row) for row in rows)
    return (
        draw(st.sampled_from(["", "\ufeff"])) + text + draw(st.sampled_from(["", end]))
    )


def _by_row(text: str, expected: RowContext) -> Parsed | str:
    try:
        return parse_table(csv_table(text), expected)
    except FileError as error:
        return error.key


@settings(max_examples=300)
@given(_texts() | st.text(), st.sampled_from([EXPECTED, ONLY]), st.sampled_from(_ZONES))
@example(f"{HEAD}strom;30.03.2025 02:30;1234;;;", EXPECTED, "Europe/Berlin")
@example("time,value\n2025-01-01 00:00,1,5", ONLY, "Europe/Berlin")
@example("time;value\n2025-01-01;1\n2025-01-02;2;3", ONLY, "Europe/Berlin")
def test_what_is_read_by_column_is_what_is_read_by_row(
    text: str, expected: RowContext, zone: str
) -> None:
    expected = replace(expected, zone=ZoneInfo(zone))
    found = regular_rows(text, expected)
    if found is not None:
        assert Parsed(found, ()) == _by_row(text, expected)


@pytest.mark.parametrize(
    "rows",
    [
        "strom;2025-01-31 00:00;1234.5;kWh;actual;a\nstrom;2025-02-01 00:00;1235;Wh;;",
        "strom;31.01.2025 00:00;1234,5;;;\nwasser;01.02.2025 00:00;17;l;;'=1",
        "strom;31.01.2025;1234,5;;;\r\nstrom;01.02.2025;1235;;INSTALL;\r\n\r\n",
        "strom;2025-01-31T00:00:00+01:00;1;;;\nstrom;2025-07-31T00:00:00+02:00;2;;;",
        "4711;2025-01-31T00:00Z;12,345;;;\n4711;2025-02-01T00:00Z;1,5;;;",
        "wasser;2025-01-31 00:00;912,345;;;\nwasser;2025-02-01 00:00;7,346;;;",
        "gas;2025-01-31 00:00;912,345;;;\ngas;2025-02-01 00:00;7,346;;;",
        "strom;2025-03-30 02:30;1;;;\nstrom;2025-10-26 02:30;2;;;\n\n",
        "strom;1900-01-01 00:00;1;;;\nstrom;2026-01-01 00:00;2;;;",
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_regular_texts_are_read_by_column(rows: str, mark: str) -> None:
    text = mark + HEAD + rows
    found = regular_rows(text, EXPECTED)
    assert found is not None
    assert Parsed(found, ()) == _by_row(text, EXPECTED)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        HEAD,
        f"\n{HEAD}strom;2025-01-31 00:00;1;;;",
        f"A title\n{HEAD}strom;2025-01-31 00:00;1;;;",
        f'{HEAD}strom;2025-01-31 00:00;"1";;;',
        f"{HEAD}strom;2025-01-31 00:00;1;;;\rstrom;2025-01-31 00:00;1;;;",
        f"{HEAD}strom;2025-01-31 00:00;1;;",
        f"{HEAD}strom;2025-01-31 00:00;1;;;\n\nstrom;2025-02-01 00:00;1;;;",
        f"{HEAD}strom;2025-01-31 00:00;1;;;\nstrom;2025-02-01T00:00;1;;;",
        f"{HEAD}strom;2025-01-31 00:00;-1;;;",
        f"{HEAD}strom;2025-01-31 00:00;1234567890123;;;",
        f"{HEAD}strom;2025-01-31 00:00;12.345;;;",
        f"{HEAD}{_rows('12.345', '1,5', '1.5')}",
        f"{HEAD}strom;2025-02-29 00:00;1;;;",
        f"{HEAD}strom;2025-02-29;1;;;",
        f"{HEAD}strom;2026-01-02 00:00;1;;;",
        f"{HEAD}strom;2200-01-01 00:00;1;;;",
        f"{HEAD}strom;1899-12-31 23:00;1;;;",
        f"{HEAD}strom;2025-01-31 24:00;1;;;",
        f"{HEAD}strom;neulich;1;;;",
        f"{HEAD}keiner;2025-01-31 00:00;1;;;",
        f"{HEAD}strom;2025-01-31 00:00;1;m³;;",
        f"{HEAD}strom;2025-01-31 00:00;1;;guess;",
        f"{HEAD}strom;2025-01-31 00:00;1;;;{'x' * 1001}",
        "time;value\n2025-01-31 00:00;1",
        "meter_id;time\nstrom;2025-01-31 00:00",
        "meter_id;date;clock;value\nstrom;2025-01-31;00:00;1",
        f"meter_id;time;value;{'x' * 1000}\nstrom;2025-01-31 00:00;1;",
        f"meter_id;time;value{';' * 700}\nstrom;2025-01-31 00:00;1{';' * 700}",
        HEAD + "strom;2025-01-31 00:00;1;;;\n" * (MOST_ROWS + 1),
        f"meter_id;time;value\nstrom;2025-01-31 00:00;1\n{'x' * 32_000_000}",
    ],
    ids=range(32),
)
def test_all_others_are_left_to_the_reading_by_row(text: str) -> None:
    assert regular_rows(text, EXPECTED) is None


def test_a_column_named_twice_is_read_by_row() -> None:
    named = replace(
        ONLY, columns={"time": "a", "value": "b", "note": "b", "meter_id": "c"}
    )
    assert regular_rows("a;b;c\n2025-01-31 00:00;1;strom\n", named) is None
    named = replace(ONLY, columns={"time": "a", "value": "b"})
    found = regular_rows("a;b;c\n2025-01-31 00:00;1;strom\n", named)
    assert found is not None
    assert list(found.values) == [1.0]
    named = replace(ONLY, columns={"time": "a", "value": "elsewhere"})
    assert regular_rows("a;b;c\n2025-01-31 00:00;1;strom\n", named) is None


def test_only_a_long_text_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def none(text: str, _: RowContext) -> None:
        asked.append(len(text))

    path = "custom_components.nebenkosten.intake.regular_readings.regular_rows"
    monkeypatch.setattr(path, none)
    row = "strom;2025-01-31 00:00;1;;;\n"
    assert len(parse(HEAD + row, EXPECTED).rows) == 1
    assert asked == []
    long = HEAD + row * (csv_readings.LONG // len(row))
    assert len(parse(long, EXPECTED).rows) == csv_readings.LONG // len(row)
    assert asked == [len(long)]


def test_a_long_text_is_read_by_column(monkeypatch: pytest.MonkeyPatch) -> None:
    row = "strom;2025-01-31 00:00;1;;;\n"
    long = HEAD + row * (csv_readings.LONG // len(row))
    by_row = _by_row(long, EXPECTED)
    monkeypatch.delattr(csv_readings, "csv_table")
    assert parse(long, EXPECTED) == by_row


def test_numbers_and_times_are_those_that_pandas_reads() -> None:
    """The careful reading and the quick one might share a mistake: this is a third."""
    dice = np.random.default_rng(1)
    minutes = pd.date_range("2024-03-30", "2024-11-01", freq="7min", tz="Europe/Berlin")
    values = np.round(np.cumsum(dice.gamma(4, 1, len(minutes))), 4)
    frame = pd.DataFrame({"time": minutes.map(pd.Timestamp.isoformat), "value": values})
    text = frame.to_csv(sep=";", index=False)
    found = regular_rows(text, ONLY)
    assert found is not None
    read = pd.read_csv(io.StringIO(text), sep=";", float_precision="round_trip")
    seconds = pd.to_datetime(read["time"], utc=True).astype("int64") // 10**9
    assert list(found.values) == read["value"].tolist()
    assert list(found.instants) == seconds.tolist()

"""Numbers and times as people type them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import example, given, strategies as st
import pytest

from custom_components.nebenkosten.engine.domain.report import ReadingKind
from custom_components.nebenkosten.intake.text import (
    TextError,
    parse_instant,
    parse_number,
)
from custom_components.nebenkosten.journal.value_text import number_text

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1234", 1234),
        ("1234,5", 1234.5),
        ("1234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234.567", 1234567),
        ("1.234.567,25", 1234567.25),
        ("12 345,6", 12345.6),
        ("12\u202f345,6", 12345.6),
        ("12'345.6", 12345.6),
        ("0,123", 0.123),
        ("1234.567", 1234.567),
        ("+7", 7),
        ("-3,5", -3.5),
        (" 42 ", 42),
    ],
)
def test_numbers_with_one_meaning(text: str, value: float) -> None:
    number = parse_number(text)
    assert number.decimal == value
    assert number.thousands is None


@pytest.mark.parametrize("text", ["12.345", "1,234", "999.999"])
def test_numbers_with_two_meanings(text: str) -> None:
    number = parse_number(text)
    assert number.decimal == float(text.replace(",", "."))
    assert number.thousands == float(text.replace(",", "").replace(".", ""))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "1,2,3",
        "1.23.456",
        "1.234.5",
        "1.234,567.8",
        "--1",
        "nan",
        "inf",
        "1e5",
    ],
)
def test_no_numbers(text: str) -> None:
    with pytest.raises(TextError) as caught:
        parse_number(text)
    assert caught.value.key == "not_a_number"


@example(5e-324)
@example(1.401298464324817e-45)
@given(st.floats(min_value=0, max_value=1e12, exclude_max=True))
def test_written_numbers_read_back_as_themselves(value: float) -> None:
    number = parse_number(number_text(value))
    assert number.decimal == value
    assert number.thousands is None


@pytest.mark.parametrize(
    ("text", "kind", "utc"),
    [
        ("2026-01-31", "actual", "2026-01-31T23:00"),
        ("2026-01-31", "install", "2026-01-30T23:00"),
        ("31.01.2026", "actual", "2026-01-31T23:00"),
        ("31.1.2026 18:30", "actual", "2026-01-31T17:30"),
        ("31.01.2026 18:30:15", "actual", "2026-01-31T17:30:15"),
        ("31.01.2026, 18:30 Uhr", "actual", "2026-01-31T17:30"),
        ("2026-07-01 12:00", "actual", "2026-07-01T10:00"),
        ("2026-07-01T12:00:00Z", "actual", "2026-07-01T12:00"),
        ("2026-07-01T12:00:00+05:30", "actual", "2026-07-01T06:30"),
    ],
)
def test_times(text: str, kind: str, utc: str) -> None:
    instant = parse_instant(text, BERLIN, ReadingKind(kind))
    wanted = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert instant.seconds == wanted.timestamp()


def test_files_may_mean_bare_dates_otherwise() -> None:
    start = parse_instant("2026-01-31", BERLIN, bare_dates="start").seconds
    end = parse_instant("2026-01-30", BERLIN, ReadingKind.INSTALL, "end").seconds
    assert start == end


@pytest.mark.parametrize(
    "text", ["", "gestern", "31.02.2026", "2026-13-01", "12:30", "31.01.2026 25:00"]
)
def test_no_times(text: str) -> None:
    with pytest.raises(TextError) as caught:
        parse_instant(text, BERLIN)
    assert caught.value.key == "not_a_time"

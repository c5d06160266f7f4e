"""Whatever comes in, a parser answers or refuses with a reason: it never breaks."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
import io
import json
import math
from typing import Any, override
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings, strategies as st
import pytest
from pytest_socket import enable_socket
import yaml

from custom_components.nebenkosten.engine.domain.report import ReadingKind, Severity
from custom_components.nebenkosten.influx.connection import (
    Connection,
    InfluxError,
    Version,
)
from custom_components.nebenkosten.influx.model import Server, series_from
from custom_components.nebenkosten.influx.v1 import InfluxQLServer
from custom_components.nebenkosten.influx.v2 import FluxServer
from custom_components.nebenkosten.influx.v3 import SqlServer
from custom_components.nebenkosten.intake.csv_readings import parse_table
from custom_components.nebenkosten.intake.original import read_original
from custom_components.nebenkosten.intake.reading_cells import RowContext
from custom_components.nebenkosten.intake.table import FileError, table_of
from custom_components.nebenkosten.intake.text import (
    TextError,
    parse_instant,
    parse_number,
)
from custom_components.nebenkosten.sources.tibber import _page
from custom_components.nebenkosten.sources.tibber_api import TibberError, homes_from
from custom_components.nebenkosten.sources.water_temperature import WaterError, parse
from scripts.servers import serving

from ..engine.houses import at, meter
from ..home_assistant.original_files import CONFIG, METERS, PATTERNS
from ..sources.water_pages import PAGES

BERLIN = ZoneInfo("Europe/Berlin")
EXPECTED = RowContext(meters={"strom": meter()}, zone=BERLIN, latest=at("2026-01-01"))
_CELL = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["strom", "2025-01-31", "31.01.2025 12:00", "1.234,5", "12.345", "kWh", "", ";"]
    ),
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("viewer", "homes", "home", "id", "address", "priceInfo", "today"),
                    *("currentSubscription", "appNickname", "total", "startsAt"),
                    *("consumption", "nodes", "pageInfo", "quantity", "from", "to"),
                    *("endCursor", "hasNextPage", "cost", "unitPrice", "currency"),
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)


@given(st.text(max_size=40))
def test_a_number(text: str) -> None:
    with suppress(TextError):
        assert math.isfinite(parse_number(text).decimal)


@given(st.text(max_size=40), st.sampled_from(list(ReadingKind)))
@example("0001-01-01", ReadingKind.INSTALL)
@example("9999-12-31", ReadingKind.ACTUAL)
def test_a_time(text: str, kind: ReadingKind) -> None:
    with suppress(TextError):
        assert parse_instant(text, BERLIN, kind).zone


def _read(content: bytes) -> None:
    with suppress(FileError):
        parsed = parse_table(table_of(content), EXPECTED)
        for row in parsed.rows:
            assert row.value >= 0
            assert row.instant <= EXPECTED.latest
        assert all(rejected.code for rejected in parsed.rejected)


@given(st.binary(max_size=400))
def test_a_file_of_anything(content: bytes) -> None:
    _read(content)


@given(st.sampled_from(";,\t"), st.lists(st.lists(_CELL, max_size=6), max_size=8))
def test_a_file_of_rows(separator: str, rows: list[list[str]]) -> None:
    lines = ["meter_id time value unit kind".replace(" ", separator)]
    lines += [separator.join(cells) for cells in rows]
    _read("\n".join(lines).encode())


def _workbook() -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("time", "value"), (date(2025, 1, 31), 5), ("x", "y")):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


_BOOK = _workbook()


@settings(max_examples=60)
@given(
    st.integers(0, len(_BOOK)),
    st.lists(
        st.tuples(st.integers(0, len(_BOOK) - 1), st.integers(0, 255)), max_size=6
    ),
)
def test_an_excel_file_that_is_damaged(
    length: int, changes: list[tuple[int, int]]
) -> None:
    content = bytearray(_BOOK)
    for place, value in changes:
        content[place] = value
    _read(bytes(content[: max(length, 4)]))


@given(_JSON)
def test_a_yaml_of_anything(content: Any) -> None:
    found = read_original(
        yaml.safe_dump({"meters": content, "gas_conversion": content})
    )
    for problem in found.problems:
        assert problem.code
        assert problem.severity in Severity


@given(st.text(max_size=200), st.text(max_size=60))
def test_a_yaml_of_no_kind(meters: str, config: str) -> None:
    read_original(meters, config, config)


@settings(max_examples=60)
@given(
    st.integers(0, 2),
    st.lists(st.tuples(st.floats(0, 1), st.characters()), min_size=1, max_size=8),
)
def test_the_originals_files_with_errors(
    number: int, changes: list[tuple[float, str]]
) -> None:
    texts = [METERS, PATTERNS, CONFIG]
    text = list(texts[number])
    for place, character in changes:
        text[int(place * (len(text) - 1))] = character
    texts[number] = "".join(text)
    read_original(*texts)


def test_a_yaml_that_multiplies_itself_is_refused() -> None:
    lines = ['a0: &a0 ["x"]']
    lines += [
        f"a{n}: &a{n} [{', '.join(f'*a{n - 1}' for _ in range(10))}]"
        for n in range(1, 12)
    ]
    found = read_original("\n".join(lines))
    assert [problem.code for problem in found.problems][:1] == ["too_many_aliases"]


@given(st.text(max_size=300))
def test_a_page_of_anything(html: str) -> None:
    with suppress(WaterError):
        parse(html)


@settings(max_examples=80)
@given(
    st.sampled_from(sorted(PAGES)),
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 40), st.text(max_size=9)), max_size=6
    ),
)
def test_a_page_that_was_changed(
    name: str, changes: list[tuple[float, int, str]]
) -> None:
    html, _ = PAGES[name]
    for place, gone, new in changes:
        start = int(place * len(html))
        html = html[:start] + new + html[start + gone :]
    with suppress(WaterError):
        assert all(-5 < row.value < 45 for row in parse(html))


@given(_JSON)
@example({"viewer": {"home": {"consumption": {"nodes": [{"quantity": "nan"}]}}}})
def test_an_answer_of_tibber(data: Any) -> None:
    for read in (homes_from, lambda found: _page("consumption", found)):
        with suppress(TibberError):
            read(data)


class _Says(BaseHTTPRequestHandler):
    """Answers everything with the same text."""

    text = b""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep the tests' output clean."""

    def _answer(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.text)))
        self.end_headers()
        self.wfile.write(self.text)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server, Server]]:
    """Return clients of each make for a server that says anything."""
    enable_socket()
    with serving(HTTPServer(("127.0.0.1", 0), _Says)) as said:
        places: dict[str, Any] = {
            "url": f"http://127.0.0.1:{said.server_port}",
            "raw": "r",
        }
        first = Connection(version=Version.V1, processed="p", **places)
        second = Connection(
            version=Version.V2, processed="p", token="t", organisation="o", **places
        )
        third = Connection(version=Version.V3, processed="p", token="t", **places)
        yield InfluxQLServer(first), FluxServer(second), SqlServer(third)


_ANNOTATED = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.lists(
            st.sampled_from(
                [
                    *("#datatype", "#default", "string", "long", "double", "result"),
                    *("dateTime:RFC3339", "_time", "_value", "error", "", "5", "x"),
                    *("2026-01-01T00:00:00Z", "_measurement", "meter_id", "_result"),
                ]
            ),
            max_size=6,
        ).map(",".join),
        max_size=8,
    ).map("\r\n".join),
)


@settings(max_examples=150)
@given(_ANNOTATED)
def test_an_answer_of_flux(servers: tuple[Server, Server, Server], text: str) -> None:
    _Says.text = text.encode()
    _asked(servers[1])


@settings(max_examples=150)
@given(_JSON.map(lambda found: json.dumps({"results": [found]})) | st.text(max_size=99))
def test_an_answer_of_influxql(
    servers: tuple[Server, Server, Server], text: str
) -> None:
    _Says.text = text.encode()
    _asked(servers[0])


# Tables and columns as they are asked for, so that an answer's rows are looked at.
_COLUMNS = [
    {"table_name": table, "column_name": column, "data_type": kind}
    for table, columns in (
        ("kWh", {"value": "Float64", "domain": "Dictionary", "entity_id": "Utf8"}),
        ("meter_consumption", {"quality": "Utf8", "meter_id": "Dictionary"}),
    )
    for column, kind in columns.items()
]
_CELLS = _JSON | st.sampled_from([0, 1, 10**18, "kWh", "time", "Float64"])
_ROWS = st.lists(
    st.dictionaries(
        st.sampled_from(
            [
                *("time", "value", "count", "first", "last", "oldest", "newest"),
                *("meter_id", "quality", "domain", "entity_id", "use", "step"),
                *("table_name", "column_name", "data_type", "iox::database"),
            ]
        ),
        _CELLS,
        max_size=6,
    ),
    max_size=4,
)


@settings(max_examples=150)
@given(
    _JSON.map(json.dumps)
    | _ROWS.map(lambda rows: json.dumps(_COLUMNS + rows))
    | st.text(max_size=99)
)
def test_an_answer_of_sql(servers: tuple[Server, Server, Server], text: str) -> None:
    _Says.text = text.encode()
    _asked(servers[2])


def _asked(server: Server) -> None:
    series = series_from("kWh:sensor.strom")
    for ask in (
        lambda: server.points("p", "meter_consumption", "strom", 0),
        lambda: server.worded("p", "meter_consumption", "quality"),
        lambda: server.values("r", series, 0, 10**18),
        lambda: server.extent("r", series, 0, 10**18),
        lambda: server.found("r", ["kWh"]),
    ):
        with suppress(InfluxError):
            ask()


@given(st.text(max_size=60))
def test_the_name_of_a_series(text: str) -> None:
    try:
        found = series_from(text)
    except ValueError:
        return
    assert found.reference == text


@pytest.mark.parametrize("depth", [10_000])
def test_a_yaml_that_is_deep(depth: int) -> None:
    found = read_original("[" * depth)
    assert found.problems

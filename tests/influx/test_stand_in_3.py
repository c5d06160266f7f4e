"""The stand-in for version 3 answers as the real server was found to answer."""

from collections.abc import Iterator

import pytest

from .stand_in_3 import StandIn3, ask, send, standing_in_3, write

SECOND = 1_000_000_000
DAY = 86_400
BEGIN = 1_735_686_000


@pytest.fixture
def stand_in(socket_enabled: None) -> Iterator[StandIn3]:
    with standing_in_3() as server:
        server.make("raw")
        yield server


@pytest.mark.parametrize(
    ("q", "said"),
    [
        ("SHOW DATABASES; SHOW DATABASES", "only one InfluxQl statement per query"),
        ("SHOW DATABASES", "missing query parameter"),
        ("CREATE DATABASE x", "missing query parameter"),
        ("DELETE FROM x", "missing query parameter"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_influxql_is_not_spoken(
    stand_in: StandIn3, method: str, q: str, said: str
) -> None:
    answer = send(stand_in, method, "/query", params={"q": q})
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    answer = send(stand_in, method, "/query", params={"q": "DELETE FROM x", "db": "a"})
    assert "This feature is not implemented: DELETE" in answer.text


def test_a_question(stand_in: StandIn3) -> None:
    write(stand_in, f'kWh,entity_id=a value=1.5,n=2i,text="x" {BEGIN * SECOND + 5}')
    asked = 'SELECT * FROM "kWh" WHERE entity_id = $name'
    assert ask(stand_in, asked, name="a") == [
        {
            "entity_id": "a",
            "value": 1.5,
            "n": 2,
            "text": "x",
            "time": "2024-12-31T23:00:00.000000005",
        }
    ]
    assert ask(stand_in, asked, name='a" OR 1=1') == []
    said = ask(stand_in, "SELECT * FROM x")["error"]
    assert "table 'public.iox.x' not found" in said
    # A name without quotes is written small.
    assert (
        "table 'public.iox.kwh' not found"
        in ask(stand_in, "SELECT 1 FROM kWh")["error"]
    )
    assert ask(stand_in, "SELECT 1", db="x")["error"] == "database not found: x"
    for changing in ("SELECT 1; SELECT 2", 'DROP TABLE "kWh"', 'DELETE FROM "kWh"'):
        assert "error" in ask(stand_in, changing)


def test_first_and_last_of_steps(stand_in: StandIn3) -> None:
    write(stand_in, "\n".join(f"m value={n} {n * 1200 * SECOND}" for n in range(4)))
    asked = (
        "SELECT date_bin(INTERVAL '1 hour', time) AS hour,"
        " selector_first(value, time) AS a, selector_last(value, time) AS b"
        " FROM m GROUP BY 1 ORDER BY 1"
    )
    first, second = ask(stand_in, asked)
    assert first == {
        "hour": "1970-01-01T00:00:00",
        "a": {"value": 0.0, "time": "1970-01-01T00:00:00"},
        "b": {"value": 2.0, "time": "1970-01-01T00:40:00"},
    }
    assert second["a"] == second["b"] == {"value": 3.0, "time": "1970-01-01T01:00:00"}


def test_what_there_is(stand_in: StandIn3) -> None:
    write(stand_in, f'kWh,a=b value=1,n=1i,text="x",on=true {BEGIN * SECOND}')
    listed = ask(
        stand_in,
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'iox' AND table_name = 'kWh'",
    )
    kinds = {row["column_name"]: row["data_type"] for row in listed}
    assert kinds.pop("time").startswith("Timestamp(")
    assert kinds == {
        "a": "Dictionary(Int32, Utf8)",
        "value": "Float64",
        "n": "Int64",
        "text": "Utf8",
        "on": "Boolean",
    }
    asked = (
        "SELECT row_count, min_time, max_time FROM system.parquet_files"
        " WHERE table_name = 'kWh'"
    )
    # What was written last is in no file.
    assert ask(stand_in, asked) == []
    write(stand_in, f"kWh,a=b value=1 {(BEGIN + DAY) * SECOND}")
    (file,) = ask(stand_in, asked)
    assert file == {
        "row_count": 1,
        "min_time": BEGIN * SECOND,
        "max_time": BEGIN * SECOND,
    }


def test_the_tags_are_the_key(stand_in: StandIn3) -> None:
    write(stand_in, "m,a=x value=1,other=5 1\nm,a=y value=2 1\nm,a=x value=3 1")
    rows = ask(stand_in, "SELECT a, value, other FROM m ORDER BY a")
    assert rows == [{"a": "x", "value": 3.0, "other": 5.0}, {"a": "y", "value": 2.0}]

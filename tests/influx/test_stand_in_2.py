"""The stand-in for InfluxDB 2.7 refuses and answers what a real one was seen to."""

import json
import time
from typing import Any
import urllib.error
from urllib.parse import urlencode
import urllib.request

import pytest

from custom_components.nebenkosten.influx.annotated import rows

from .stand_in import ORGANISATION, ORGANISATION_ID, TOKEN, StandIn

WEEK = 7 * 86400
MONDAY = 1_767_571_200
EMPTY = "error in building plan while starting program: cannot query an empty range"


class Client:
    """Speaks HTTP to a stand-in, and understands nothing."""

    def __init__(self, stand_in: StandIn) -> None:
        """Use the token that may do all."""
        self.url, self.token = stand_in.url, TOKEN

    def send(
        self, path: str, body: str | None = None, /, **asked: Any
    ) -> tuple[int, str, str]:
        """Return the status, the code and the message or content of an answer."""
        query = urlencode({"org": ORGANISATION} | asked)
        request = urllib.request.Request(
            f"{self.url}/api/v2/{path}?{query}",
            data=None if body is None else body.encode(),
            headers={"Authorization": f"Token {self.token}"},
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, "", answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                said = json.loads(error.read())
            return error.code, said["code"], said["message"]

    def query(self, flux: str, **asked: Any) -> tuple[int, str, str]:
        """Ask in Flux."""
        return self.send("query", json.dumps({"query": flux}), **asked)

    def write(self, *lines: str, bucket: str = "raw", **asked: Any) -> tuple[Any, ...]:
        """Write lines with times in seconds."""
        body = "\n".join(f"{line}000000000" for line in lines)
        return self.send("write", body, bucket=bucket, precision="ns", **asked)

    def delete(self, predicate: str, bucket: str = "raw", **asked: Any) -> Any:
        """Delete what a predicate tells, of all times."""
        span = {"start": "1970-01-01T00:00:00Z", "stop": "2100-01-01T00:00:00Z"}
        body = json.dumps(span | {"predicate": predicate})
        return self.send("delete", body, bucket=bucket, **asked)

    def buckets(self, **asked: Any) -> list[str]:
        """Return the names of buckets in an answer."""
        status, _, content = self.send("buckets", **asked)
        assert status == 200, content
        return [one["name"] for one in json.loads(content)["buckets"]]

    def values(self, flux: str) -> list[Any]:
        """Return the values in an answer."""
        status, _, content = self.query(flux)
        assert status == 200, content
        return [row["_value"] for _, row in rows(content.encode())]


@pytest.fixture
def client(stand_in: StandIn) -> Client:
    return Client(stand_in)


@pytest.mark.parametrize(
    "span",
    [
        "start: 1970-01-01T00:00:00Z, stop: 1970-01-01T00:00:00Z",
        "start: 2026-01-02T00:00:00Z, stop: 2026-01-01T00:00:00Z",
        "start: 2026-01-02T00:00:00Z, stop: 2263-01-01T00:00:00Z",
        "start: 2200-01-02T00:00:00Z",
    ],
)
def test_no_empty_range(client: Client, span: str) -> None:
    asked = f'from(bucket: "raw") |> range({span})'
    assert client.query(asked) == (400, "invalid", EMPTY)


def test_an_unknown_bucket(client: Client, stand_in: StandIn) -> None:
    asked = 'from(bucket: "x") |> range(start: 1970-01-01T00:00:00Z)'
    place = 'failed to initialize execute state: could not find bucket "x"'
    assert client.query(asked) == (404, "not found", place)
    stand_in.buckets["x"] = []
    assert client.query(asked)[0] == 200
    stand_in.limited["single"] = {"raw"}
    client.token = "single"
    assert client.query(asked) == (404, "not found", place)
    assert client.query("buckets()")[0] == 404


def test_an_unknown_organisation(client: Client) -> None:
    asked = 'from(bucket: "raw") |> range(start: 1970-01-01T00:00:00Z)'
    unknown = 'organization name "x" not found'
    said = f"failed to decode request body: {unknown}"
    assert client.query(asked, org="x") == (400, "invalid", said)
    assert client.write("m value=1 1", org="x") == (404, "not found", unknown)
    assert client.delete("", org="x") == (404, "not found", unknown)
    assert client.query(asked, org=ORGANISATION_ID)[0] == 200
    assert client.write("m value=1 1", org=ORGANISATION_ID)[0] == 204


def test_a_wrong_token(client: Client) -> None:
    client.token = "x"
    assert client.query("buckets()") == (401, "unauthorized", "unauthorized access")


def test_a_token_of_single_buckets(client: Client, stand_in: StandIn) -> None:
    stand_in.buckets |= {f"bucket {number:02}": [] for number in range(45)}
    stand_in.limited["single"] = {"raw", "bucket 44"}
    assert len(client.buckets()) == 20
    client.token = "single"
    assert client.buckets() == []
    assert client.buckets(offset=20) == []
    assert client.buckets(offset=40) == ["bucket 44", "raw"]
    assert client.buckets(name="raw") == ["raw"]
    assert client.buckets(name="bucket 03") == []
    assert json.loads(client.send("orgs")[2]) == {"orgs": []}
    made = json.dumps({"name": "new", "orgID": ORGANISATION_ID})
    status, _, said = client.send("buckets", made)
    assert (status, said.endswith("is unauthorized")) == (401, True)
    assert client.delete('_measurement="m"')[0] == 204
    stand_in.read_only.add("raw")
    assert client.delete('_measurement="m"')[0] == 403


def test_making_a_bucket(client: Client, stand_in: StandIn) -> None:
    def made(name: str) -> tuple[int, str]:
        given = {"name": name, "orgID": ORGANISATION_ID}
        return client.send("buckets", json.dumps(given))[:2]

    assert made("new")[0] == 201
    assert made("new") == (422, "conflict")
    assert made("_new") == (422, "invalid")
    assert made("")[0] == 201
    assert {"new", ""} <= stand_in.buckets.keys()


def test_points_older_than_a_bucket_keeps(client: Client, stand_in: StandIn) -> None:
    stand_in.keeps["raw"] = 30 * 86400
    now = int(time.time())
    status, code, said = client.write(f"m value=1 {now}", "m value=2 5")
    assert (status, code) == (422, "unprocessable entity")
    assert said.startswith(
        "failure writing points to database: partial write: dropped 1 points outside"
        " retention policy of duration 720h0m0s - oldest point"
    )
    assert [row["_value"] for row in stand_in.buckets["raw"]] == [1.0]


def test_a_field_has_one_type_in_a_week(client: Client, stand_in: StandIn) -> None:
    assert client.write(f"m,a=1 value=1i {MONDAY}")[0] == 204
    days = [f"m,a=2 value={day}.5 {MONDAY + day * 86400}" for day in range(14)]
    status, code, said = client.write(*days, f"n value=1.5 {MONDAY}")
    assert (status, code) == (422, "unprocessable entity")
    assert said.endswith(
        'partial write: field type conflict: input field "value" on measurement "m" is'
        " type float, already exists as type integer dropped=7"
    )
    # Others are kept, and in other weeks the same field.
    assert len(stand_in.buckets["raw"]) == 1 + 7 + 1
    assert client.write(f"m other=1.5 {MONDAY}")[0] == 204


def test_a_field_of_two_types_is_read_in_part(client: Client) -> None:
    client.write(f"m,a=1 value=1i {MONDAY}", f"m,a=1 value=2.5 {MONDAY + WEEK}")
    client.write(f"m,a=2 value=3.5 {MONDAY + WEEK}")
    asked = 'from(bucket: "raw") |> range(start: 1970-01-01T00:00:00Z)'
    assert sorted(client.values(asked)) == [1, 3.5]
    kept = f'{asked} |> keep(columns: ["_time", "_value"])'
    assert client.values(kept) == [1]
    later = asked.replace("1970-01-01", "2026-01-12")
    assert sorted(client.values(later)) == [2.5, 3.5]


def test_texts_are_neither_added_nor_grouped(client: Client) -> None:
    client.write(f'm value=1.5,quality="measured" {MONDAY}')
    asked = 'from(bucket: "raw") |> range(start: 1970-01-01T00:00:00Z)'
    summed = f"{asked} |> aggregateWindow(every: 1d, fn: sum)"
    said = "unsupported input type for sum aggregate: string"
    assert client.query(summed) == (400, "invalid", said)
    said = "schema collision: cannot group string and float types together"
    assert client.query(f"{asked} |> group()") == (400, "invalid", said)
    only = 'filter(fn: (r) => r._field == "value")'
    assert client.values(summed.replace("|> agg", f"|> {only} |> agg")) == [1.5]


@pytest.mark.parametrize("predicate", ['_measurement="x"', 'a=""', 'a="" AND b="1"'])
def test_deleting_what_is_not_there(
    client: Client, stand_in: StandIn, predicate: str
) -> None:
    client.write(f"m,a=1 value=1 {MONDAY}")
    assert client.delete(predicate)[0] == 204
    assert len(stand_in.buckets["raw"]) == 1


def test_a_line_break_in_a_text(client: Client) -> None:
    client.write(f'm value="two\nlines" {MONDAY}')
    asked = 'from(bucket: "raw") |> range(start: 1970-01-01T00:00:00Z)'
    _, _, content = client.query(asked)
    assert '"two\r\nlines"' in content

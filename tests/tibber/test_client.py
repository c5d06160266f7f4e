"""What goes wrong with Tibber has a name, whatever it is."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from custom_components.nebenkosten.engine.domain.meters import SourceRef
from custom_components.nebenkosten.sources import tibber_api
from custom_components.nebenkosten.sources.tibber import TibberSource
from custom_components.nebenkosten.sources.tibber_api import (
    HOMES,
    TibberError,
    async_query,
    homes_from,
)

from .stand_in import TOKEN, FakeTibber, standing_in

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
async def fake(
    socket_enabled: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FakeTibber]:
    found = FakeTibber(NOW)
    monkeypatch.setattr(tibber_api, "_TIMEOUT", aiohttp.ClientTimeout(total=0.3))
    async with standing_in(found) as url:
        monkeypatch.setattr(tibber_api, "API", url)
        yield found


@pytest.mark.parametrize(
    ("mood", "key"),
    [
        ("silent", "silent"),
        ("dripping", "silent"),
        ("endless", "answer"),
        ("echoing", "refused"),
        ("cut", "address"),
        ("garbage", "answer"),
        ("unauthenticated", "credentials"),
        ("errors", "refused"),
        (401, "credentials"),
        (429, "busy"),
        (500, "server"),
        (418, "refused"),
        ([], "answer"),
        ({"errors": ["no"]}, "answer"),
        ({"data": None}, "answer"),
    ],
)
async def test_an_answer_that_is_none(fake: FakeTibber, mood: Any, key: str) -> None:
    fake.moods = [mood]
    async with aiohttp.ClientSession() as session:
        with pytest.raises(TibberError) as error:
            await async_query(session, TOKEN, HOMES, {})
    assert error.value.key == key
    assert TOKEN not in str(error.value)
    if mood == 429:
        assert error.value.retry_after == 7


class Answers:
    """Hands one answer after the other to whoever asks."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)

    async def async_ask(self, _document: str, _variables: Any, understand: Any) -> Any:
        return understand(self._answers.pop(0))


def hours(*nodes: Any, cursor: str | None = None) -> dict[str, Any]:
    info = {"endCursor": cursor, "hasNextPage": cursor is not None}
    return {"viewer": {"home": {"consumption": {"pageInfo": info, "nodes": nodes}}}}


def node(start: str, end: str, quantity: Any, **prices: Any) -> dict[str, Any]:
    known = {"cost": None, "unitPrice": None, "unitPriceVAT": None} | prices
    return {"from": start, "to": end, "quantity": quantity, **known}


async def read(*answers: Any) -> list[float]:
    source = SourceRef(kind="tibber", reference="a/consumption")
    fed = TibberSource(Answers(*answers))
    return [
        amount.value
        async for part in fed.async_read(source, None, NOW.timestamp())
        for amount in part.amounts
    ]


async def test_hours_that_are_none_and_a_cursor_that_stands_still() -> None:
    hour = node("2026-03-09T10:00:00+01:00", "2026-03-09T11:00:00+01:00", 1.5)
    null = node("2026-03-09T11:00:00+01:00", "2026-03-09T12:00:00+01:00", None)
    future = node("2026-03-10T13:00:00+01:00", "2026-03-10T14:00:00+01:00", 2.0)
    first = hours(hour, null, None, future, cursor="c")
    assert await read(first, hours(cursor="c")) == [1.5]
    assert await read({"viewer": {"home": {"consumption": None}}}) == []


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ({"viewer": {"home": None}}, "place"),
        ({"viewer": None}, "answer"),
        (hours({"from": "x"}), "answer"),
        (hours(node("never", "2026-03-09T11:00:00+01:00", 1)), "answer"),
        (hours(node("2026-03-09T10:00:00Z", "2026-03-09T11:00:00Z", "NaN")), "answer"),
    ],
)
async def test_pages_that_make_no_sense(answer: Any, key: str) -> None:
    with pytest.raises(TibberError) as error:
        await read(answer)
    assert error.value.key == key


def test_homes_without_prices_or_names() -> None:
    bare = {
        "id": "x",
        "appNickname": None,
        "address": None,
        "currentSubscription": None,
    }
    (home,) = homes_from({"viewer": {"homes": [bare, None]}})
    assert (home.name, home.currency, home.prices) == ("x", None, ())
    assert home.price_at(0.0) is None
    price = {"total": 0.5, "currency": "EUR", "startsAt": "2026-03-10T12:00:00+01:00"}
    now = {"currentSubscription": {"priceInfo": {"current": price}}}
    (home,) = homes_from({"viewer": {"homes": [bare | now]}})
    at = home.price_at(datetime(2026, 3, 10, 11, 30, tzinfo=UTC).timestamp())
    assert at is not None
    assert at.total == 0.5
    assert home.price_at(datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp()) is None
    with pytest.raises(TibberError):
        homes_from({"viewer": {}})

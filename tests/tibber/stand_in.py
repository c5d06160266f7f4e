"""A stand-in for Tibber: graphql-core answers our documents from hours of its own."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from aiohttp.test_utils import TestServer
from graphql import GraphQLSchema, build_schema, graphql_sync

SCHEMA: GraphQLSchema = build_schema(
    Path(__file__).with_name("schema.graphql").read_text(encoding="utf-8")
)
ZONE = ZoneInfo("Europe/Berlin")
TOKEN = "good-token"
_PAGE = 744


@dataclass
class FakeHome:
    """A home whose hours are known up to `known`; a lag of null ones follows."""

    home_id: str
    name: str
    first: datetime
    scale: float = 1.0
    late: set[datetime] = field(default_factory=set)
    corrected: dict[datetime, float] = field(default_factory=dict)
    produces: bool = False

    def used(self, hour: datetime) -> float:
        """Return the use of an hour (UTC)."""
        number = int(hour.timestamp()) // 3600
        return self.corrected.get(hour, self.scale * (1 + number % 7) / 8)


class FakeTibber:
    """Homes behind the interface; `moods` are how the next questions are answered.

    A status code, "garbage", "silent", "cut", "errors", "unauthenticated", "dripping",
    "endless", "echoing" or None.
    """

    def __init__(self, now: datetime) -> None:
        """Begin with two homes."""
        self.now = now
        self.token = TOKEN
        self.homes = [
            FakeHome("home-a", "Haus", datetime(2022, 3, 1, tzinfo=UTC)),
            FakeHome(
                "home-b", "", datetime(2025, 1, 1, tzinfo=UTC), 2.0, produces=True
            ),
        ]
        self.moods: list[Any] = []
        self.asked: list[str] = []
        self.hours_sent = 0
        self.retry_after = "7"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one question."""
        mood = self.moods.pop(0) if self.moods else None
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            mood = 401
        body = await request.json()
        self.asked.append(body["query"].split()[1].split("(")[0])
        if mood in ("silent", "garbage", "dripping", "endless", "echoing"):
            return await _odd(request, mood, body)
        if mood == "cut":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if isinstance(mood, dict | list):
            return web.json_response(mood)
        if mood in ("errors", "unauthenticated"):
            code = "UNAUTHENTICATED" if mood == "unauthenticated" else "INTERNAL"
            error = {"message": "no", "extensions": {"code": code}}
            return web.json_response({"errors": [error], "data": None})
        if isinstance(mood, int):
            headers = {"Retry-After": self.retry_after} if mood == 429 else {}
            return web.json_response({"errors": []}, status=mood, headers=headers)
        result = graphql_sync(
            SCHEMA,
            body["query"],
            root_value={"viewer": self._viewer()},
            variable_values=body["variables"],
        )
        return web.json_response(result.formatted)

    def _viewer(self) -> dict[str, Any]:
        return {
            "homes": [self._home(home) for home in self.homes],
            "home": lambda _info, **asked: next(
                (self._home(h) for h in self.homes if h.home_id == asked["id"]), None
            ),
        }

    def _home(self, home: FakeHome) -> dict[str, Any]:
        return {
            "id": home.home_id,
            "appNickname": home.name or None,
            "address": {"address1": "Seestraße 1", "city": "Schliersee"},
            "currentSubscription": {"priceInfo": self._prices()},
            "consumption": lambda _info, **asked: self._page(
                home, "consumption", asked
            ),
            "production": lambda _info, **asked: (
                self._page(home, "production", asked) if home.produces else None
            ),
        }

    def _prices(self) -> dict[str, Any]:
        local = self.now.astimezone(ZONE)
        today = local.replace(hour=0, minute=0, second=0, microsecond=0)

        def day(start: datetime) -> list[dict[str, Any]]:
            return [
                {
                    "total": 0.2 + hour / 100,
                    "energy": 0.1,
                    "tax": 0.1,
                    "currency": "EUR",
                    "startsAt": (start + timedelta(hours=hour)).isoformat(),
                }
                for hour in range(24)
            ]

        tomorrow = day(today + timedelta(days=1)) if local.hour >= 13 else []
        return {
            "current": day(today)[local.hour],
            "today": day(today),
            "tomorrow": tomorrow,
        }

    def _page(
        self, home: FakeHome, what: str, asked: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the hours after a cursor: the instant of an hour, or a day."""
        after = datetime.fromisoformat(b64decode(asked["after"]).decode())
        after = (
            after if after.tzinfo else after.replace(tzinfo=ZONE) - timedelta(hours=1)
        )
        hour = max(after.astimezone(UTC) + timedelta(hours=1), home.first)
        nodes: list[dict[str, Any]] = []
        count = min(asked["first"], _PAGE)
        while hour < self.now and len(nodes) < count:
            nodes.append(self._node(home, what, hour))
            hour += timedelta(hours=1)
        self.hours_sent += len(nodes)
        cursor = None
        if nodes:
            cursor = b64encode(nodes[-1]["from"].encode()).decode()
        return {
            "pageInfo": {"endCursor": cursor, "hasNextPage": hour < self.now},
            "nodes": nodes,
        }

    def _node(self, home: FakeHome, what: str, hour: datetime) -> dict[str, Any]:
        end = hour + timedelta(hours=1)
        known = end <= self.now and hour not in home.late
        used = home.used(hour) if known else None
        cost = None if used is None else used * 0.3
        return {
            "from": hour.astimezone(ZONE).isoformat(),
            "to": end.astimezone(ZONE).isoformat(),
            what: used,
            ("cost" if what == "consumption" else "profit"): cost,
            "unitPrice": 0.3 if known else None,
            "unitPriceVAT": 0.05 if known else None,
        }


async def _odd(request: web.Request, mood: str, body: Any) -> web.StreamResponse:
    """Say nothing, what is none, all that was asked, or go on for ever."""
    if mood == "silent":
        await asyncio.Event().wait()
    if mood == "garbage":
        return web.Response(text="<html>Wartung</html>", content_type="text/html")
    if mood == "echoing":
        said = f"{request.headers['Authorization']} {body}"
        return web.json_response({"errors": [{"message": said}]})
    piece = b" " if mood == "dripping" else b" " * 65536
    response = web.StreamResponse()
    await response.prepare(request)
    while request.transport is not None and not request.transport.is_closing():
        await response.write(piece)
        await asyncio.sleep(0.02 if mood == "dripping" else 0)
    return response


@asynccontextmanager
async def standing_in(fake: FakeTibber) -> AsyncIterator[str]:
    """Serve a stand-in; yields its address."""
    application = web.Application()
    application.router.add_post("/gql", fake.answer)
    server = TestServer(application, host="127.0.0.1")
    await server.start_server(access_log=None)
    try:
        yield str(server.make_url("/gql"))
    finally:
        await server.close()

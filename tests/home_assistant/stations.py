"""A service of water temperatures, on a page that a local server shows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.config_entries import SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from pytest_homeassistant_custom_component.common import async_fire_time_changed
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)

from custom_components.nebenkosten.const import SUBENTRY_WATER
from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.sources.water_temperature import ZONE

from .conftest import settle

SENSOR = "sensor.schliersee"
QUARTER = timedelta(minutes=15)
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class Service:
    """A page with a table, and what was asked of it."""

    def __init__(self) -> None:
        self.rows: list[tuple[datetime, str]] = []
        self.body: str | None = None
        self.status = 200
        self.content_type = "text/html; charset=utf-8"
        self.degrees = b""
        self.asked: list[dict[str, str]] = []
        self.url = ""

    @property
    def etag(self) -> str:
        return f'"{len(self.rows)}"'

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.headers))
        if self.status != 200:
            return web.Response(status=self.status)
        if request.headers.get("If-None-Match") == self.etag and self.body is None:
            return web.Response(status=304)
        cells = "".join(
            f"<tr><td>{time.astimezone(ZONE):%d.%m.%Y %H:%M}</td><td>{value}@</td></tr>"
            for time, value in reversed(self.rows)
        )
        # More than comes in one piece.
        page = self.body or f"<!--{'x' * 200_000}--><table>{cells}</table>"
        return web.Response(
            body=page.encode().replace(b"@", self.degrees),
            headers={"ETag": self.etag, "Content-Type": self.content_type},
        )


@asynccontextmanager
async def serving(now: datetime) -> AsyncIterator[Service]:
    """Serve a page of fifty hours that end before `now`."""
    found = Service()
    application = web.Application()
    application.router.add_get("/page", found.answer)
    server = TestServer(application, host="127.0.0.1")
    await server.start_server(access_log=None)
    found.url = str(server.make_url("/page"))
    found.rows = [
        (now - QUARTER * n, f"{4 + n / 100:.2f}".replace(".", ","))
        for n in range(200, 0, -1)
    ]
    yield found
    await server.close()


async def add_station(
    hass: HomeAssistant, house: NkConfigEntry, **form: Any
) -> dict[str, Any]:
    manager = hass.config_entries.subentries
    flow = await manager.async_init(
        (house.entry_id, SUBENTRY_WATER), context={"source": SOURCE_USER}
    )
    done = await manager.async_configure(
        flow["flow_id"], {"station": "schliersee"} | form
    )
    await settle(hass)
    await async_wait_recording_done(hass)
    return dict(done)


async def later(hass: HomeAssistant, freezer: Any, now: datetime) -> None:
    freezer.move_to(now)
    async_fire_time_changed(hass, now)
    await settle(hass)
    await async_wait_recording_done(hass)


async def means(hass: HomeAssistant, unit: str = "°C") -> dict[datetime, float]:
    """Return the hours of the sensor's statistics by their begin."""
    units = {"temperature": unit}
    found = await get_instance(hass).async_add_executor_job(
        lambda: statistics_during_period(
            hass, _LONG_AGO, None, {SENSOR}, "hour", units, {"mean"}
        )
    )
    return {
        datetime.fromtimestamp(row["start"], UTC): float(row["mean"] or 0)
        for row in found.get(SENSOR, [])
    }

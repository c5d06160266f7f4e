"""A house beside an InfluxDB: how tests connect them and read results back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.nebenkosten.const import DOMAIN
from custom_components.nebenkosten.influx.connection import Connection, Version
from custom_components.nebenkosten.influx.model import Point, RawSeries, Server
from custom_components.nebenkosten.influx.v1 import InfluxQLServer
from custom_components.nebenkosten.runtime import NkConfigEntry

from .conftest import act, add_meter, settle

NS = 1_000_000_000
KINDS = ("measured", "interpolated", "extrapolated")


class Beside:
    """An InfluxDB 1 with two databases of the test's own."""

    def __init__(self, url: str) -> None:
        """Name the places; make the first one."""
        self.url = url
        self.raw = f"raw_{uuid4().hex}"
        self.processed = f"out_{uuid4().hex}"
        # Imported above: pandas never ends its import while the clock stands still.
        self.server: Server = InfluxQLServer(
            Connection(
                version=Version.V1, url=url, raw=self.raw, processed=self.processed
            )
        )
        self.server.create(self.raw)

    def form(self, url: str | None = None) -> dict[str, Any]:
        """Return what a person types into the form."""
        return {
            "url": url or self.url,
            "raw": self.raw,
            "processed": self.processed,
            "verify_ssl": True,
        }

    def say(self, series: RawSeries, *readings: tuple[str, float]) -> None:
        """Write raw values at ISO times."""
        self.server.write(
            self.raw,
            [
                Point(
                    measurement=series.unit,
                    tags={"domain": series.domain, "entity_id": series.entity_id},
                    fields={"value": float(value)},
                    time=round(datetime.fromisoformat(time).timestamp() * NS),
                )
                for time, value in readings
            ],
        )

    def results(self, measurement: str, meter_id: str) -> dict[str, Any]:
        """Return the points of a measurement: fields by their time (UTC)."""
        return {
            datetime.fromtimestamp(point.time // NS, UTC).isoformat(): dict(
                point.fields
            )
            for point in self.server.points(self.processed, measurement, meter_id, 0)
        }


async def connect(
    hass: HomeAssistant,
    entry: NkConfigEntry,
    form: dict[str, Any],
    step: str = "influxdb_v1",
) -> dict[str, Any]:
    """Connect a house through the reconfigure flow; makes the place of results."""
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    manager = hass.config_entries.flow
    for chosen in ("influxdb", step):
        flow = await manager.async_configure(flow["flow_id"], {"next_step_id": chosen})
    flow = await manager.async_configure(flow["flow_id"], form)
    if flow.get("step_id") == "create_place":
        flow = await manager.async_configure(flow["flow_id"], {})
    if flow["type"] is FlowResultType.ABORT:
        await settle(hass)
    return dict(flow)


def hourly(
    start: str, hours: int, step: float, base: float = 100
) -> list[tuple[str, float]]:
    """Return a dial each hour from a time (UTC) on."""
    first = datetime.fromisoformat(start).replace(tzinfo=UTC)
    return [
        ((first + timedelta(hours=hour)).isoformat(), base + hour * step)
        for hour in range(hours)
    ]


async def assert_same_as_engine(
    hass: HomeAssistant, beside: Beside, meter_id: str
) -> dict[str, dict[str, Any]]:
    """Compare the days in the InfluxDB with those of the action; returns them."""
    days = await act(hass, "get_consumption", meter_id=meter_id, period="day")
    rows = {
        datetime.fromisoformat(row["start"]).astimezone(UTC).isoformat(): row
        for row in days["meters"][meter_id]["rows"]
        if row["value"] is not None
    }
    written = beside.results("meter_consumption", meter_id)
    assert written.keys() == rows.keys()
    shares = beside.results("nebenkosten_consumption_quality", meter_id)
    assert shares.keys() == rows.keys()
    dials = beside.results("meter_interpolated_daily", meter_id)
    for time, row in rows.items():
        assert written[time]["value"] == pytest.approx(row["value"], rel=1e-9)
        end = datetime.fromisoformat(row["end"]).astimezone(UTC).isoformat()
        assert dials[end]["value"] == pytest.approx(row["counter"], rel=1e-9)
        assert written[time].keys() == {"value"}
        assert shares[time] == {kind: row[kind] for kind in KINDS}
    return written


async def let_home_assistant_write(
    hass: HomeAssistant, freezer: Any, step: str, form: dict[str, Any]
) -> None:
    """Have Home Assistant's own integration write a meter's two days, and remove it."""
    Path(hass.config.path("configuration.yaml")).touch()
    manager = hass.config_entries.flow
    flow = await manager.async_init("influxdb", context={"source": SOURCE_USER})
    flow = await manager.async_configure(flow["flow_id"], {"next_step_id": step})
    flow = await manager.async_configure(flow["flow_id"], form)
    assert flow["type"] is FlowResultType.CREATE_ENTRY, flow
    attributes = {"unit_of_measurement": "kWh", "device_class": "energy"}
    for hour in range(48):
        freezer.move_to(datetime(2026, 3, 8, tzinfo=UTC) + timedelta(hours=hour))
        hass.states.async_set("sensor.strom", str(100 + hour), attributes)
        await hass.async_block_till_done()
        # It throws away what it thinks has waited too long.
        writer = flow["result"].runtime_data
        await hass.async_add_executor_job(writer.block_till_done)
    assert await hass.config_entries.async_unload(flow["result"].entry_id)
    freezer.move_to(datetime(2026, 3, 10, 12, tzinfo=UTC))


async def assert_what_it_wrote_counts(
    hass: HomeAssistant, house: NkConfigEntry
) -> None:
    """Add the meter it wrote for, and look at its last whole day."""
    await add_meter(hass, house, sources=[{"series": "kWh:sensor.strom"}])
    run = await act(hass, "run_analytics")
    assert run["status"] == "ok"
    days = await act(
        hass, "get_consumption", meter_id="strom", start="2026-03-09", end="2026-03-09"
    )
    (row,) = days["meters"]["strom"]["rows"]
    assert row["value"] == pytest.approx(24)
    assert row["measured"] == 1.0

"""Hours on their way to the raw bucket: each once, and again if corrected."""

from collections.abc import Sequence
from functools import partial
import time

from homeassistant.core import HomeAssistant

from ..engine.domain.meters import Meter
from ..influx.model import SECOND, Asks, Field, Point, Server
from ..journal import amounts
from ..journal.records import ChangedAmount
from ..journal.store import Journal
from ..publication.ledger import Ledger
from ..sources.registry import is_passed_on


async def async_hand_on(
    hass: HomeAssistant,
    journal: Journal,
    meter: Meter,
    place: tuple[Asks, str],
    ledger: Ledger,
) -> None:
    """Write what changed since the last time; raises OutOfReachError.

    A ledger that is lost writes everything again, over the same points.
    """
    for source in meter.sources:
        if not is_passed_on(source):
            continue
        name = f"{source.kind}:{source.reference}"
        seen = ledger.handed_on(f"{meter.key} {name}")
        changed = await hass.async_add_executor_job(
            amounts.changed_since, journal, meter.key, name, seen
        )
        if changed:
            server, bucket = place
            points = [_point(meter.meter_id, amount) for amount in changed]
            write = partial(_write, bucket, points, time.time_ns())
            await server.async_tell(write, name)
            ledger.hand_on(f"{meter.key} {name}", changed[-1].revision)


def _write(bucket: str, points: Sequence[Point], now: int, server: Server) -> None:
    """Write what the place keeps at an instant [ns]; all of it is in the journal."""
    found = server.place(bucket)
    oldest = (found.since(now) if found else None) or 0
    server.write(bucket, [point for point in points if point.time >= oldest])


def _point(meter_id: str, amount: ChangedAmount) -> Point:
    fields: dict[str, Field | None] = {
        "consumption": amount.value,
        "cost": amount.cost,
        "unit_price": amount.unit_price,
        "unit_price_vat": amount.vat,
    }
    return Point(
        measurement="energy",
        tags={"entity_id": meter_id, "domain": "sensor"},
        fields={key: value for key, value in fields.items() if value is not None},
        time=round(amount.start) * SECOND,
    )

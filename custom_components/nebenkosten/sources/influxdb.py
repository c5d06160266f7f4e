"""The source that reads a meter from an InfluxDB.

The server reduces dense months to what matters of each hour; where there is little,
all of it comes.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
import math
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import ObjectSelectorField, SelectOptionDict
from homeassistant.util import dt as dt_util

from ..const import CONF_INFLUXDB
from ..engine.domain import units
from ..engine.domain.meters import SourceRef
from ..influx.asking import async_ask
from ..influx.connection import Connection, InfluxError, connection_from
from ..influx.model import SECOND, Asks, Extent, RawSeries, Server, Value, series_from
from ..outside import OutsideError
from .collected import Collected, Sample, reduced, shift_of
from .descriptor import Access, CheckedSource, SourceDescriptor, SourceError, listed

KIND: Final = "influxdb"

_HOUR: Final = 3600 * SECOND
# What writers deliver late, after an outage of theirs, is found for three days.
_REREAD: Final = 72 * _HOUR
# Up to so many values, all of them are cheaper than the server's work.
_FEW: Final = 10_000
# Where local hours are none of UTC's, quarters of them still are.
_STEP: Final = 900
# A value each second of a month; more are no meter's.
_MOST: Final = 3_000_000
# With so many falls in a month, one question for all of it is cheaper.
_MANY: Final = 20


class InfluxSource:
    """Series of the raw bucket or database."""

    def __init__(self, server: Asks, place: str, shift: float) -> None:
        """Ask one server; local hours begin `shift` [s] before those of UTC."""
        self._server = server
        self._place = place
        self._shift = shift

    async def async_read(
        self, source: SourceRef, since: float | None, now: float
    ) -> AsyncIterator[Collected]:
        """Yield what is new, month by month; raises OutOfReachError."""
        series, place, shift = series_from(source.reference), self._place, self._shift
        start = 0 if since is None else round(since) * SECOND - _REREAD
        start, end = max(start - start % _HOUR, 0), round(now * SECOND)
        keep = shift if _is_dense(source.reference) else None

        extent = await self._server.async_ask(
            lambda server: server.extent(place, series, start, end), source.reference
        )
        if not extent.count:
            return
        if extent.count <= _FEW:
            values = await self._server.async_ask(
                lambda server: _all(server, place, series, start, end),
                source.reference,
            )
            if values:
                yield _collected(series, values, keep)
            return
        step = _STEP if shift else _HOUR // SECOND
        first = max(start, extent.first - extent.first % _HOUR)
        for span in _months(first, extent.last + 1):
            values = await self._server.async_ask(
                partial(_month, place=place, series=series, span=span, step=step),
                source.reference,
            )
            if values:
                yield _collected(series, values, keep)


def _all(
    server: Server, place: str, series: RawSeries, start: int, end: int
) -> list[Value]:
    """Return all values; of helpers none that only repeats the one before.

    Home Assistant writes a helper again when it starts or an attribute changes: nobody
    has looked at the dial then.
    """
    values = _values(server, place, series, start, end)
    if series.domain == "sensor":
        return values
    before = server.before(place, series, start)
    last = before.value if before else None
    kept = []
    for value in values:
        if value.value != last:
            kept.append(value)
        if not math.isnan(value.value):
            last = value.value
    return kept


def _month(
    server: Server, *, place: str, series: RawSeries, span: tuple[int, int], step: int
) -> list[Value]:
    """Return what matters of each step [s], and all of a step with a fall."""
    start, end = span
    found = server.reduced(place, series, start, end, step)
    if len(found.falls) > _MANY:
        return _values(server, place, series, start, end)
    values = {value.time: value for value in found.values}
    for fall in found.falls:
        until = min(fall + step * SECOND, end)
        more = _values(server, place, series, max(fall, start), until)
        values |= {value.time: value for value in more}
    return [values[time] for time in sorted(values)]


def _values(
    server: Server, place: str, series: RawSeries, start: int, end: int
) -> list[Value]:
    """Return all values of a range, in halves where one answer would be too large."""
    try:
        return server.values(place, series, start, end)
    except InfluxError as error:
        if error.key != "large" or end - start <= _HOUR:
            raise
    middle = (start + end) // 2
    earlier = _values(server, place, series, start, middle)
    later = _values(server, place, series, middle, end)
    if len(earlier) + len(later) > _MOST:
        raise InfluxError("large", f"> {_MOST} values")
    return earlier + later


def _collected(
    series: RawSeries, values: Sequence[Value], shift: float | None
) -> Collected:
    """Return values, of which there is at least one, as they are kept."""
    samples = [
        Sample(value.time / SECOND, value.value, series.unit) for value in values
    ]
    # No dial shows what is no number: whoever keeps samples says so.
    odd = [sample for sample in samples if math.isnan(sample.value)]
    numbers = [sample for sample in samples if not math.isnan(sample.value)]
    return Collected(
        samples=(*(numbers if shift is None else reduced(numbers, shift)), *odd),
        amounts=(),
        amount_unit=None,
        until=samples[-1].instant,
    )


def _months(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield ranges [ns] that end with a month (UTC), hence with an hour."""
    while start < end:
        moment = datetime.fromtimestamp(start // SECOND, UTC)
        year, month = divmod(moment.year * 12 + moment.month, 12)
        following = datetime(year, month + 1, 1, tzinfo=UTC).timestamp()
        until = min(int(following) * SECOND, end)
        yield start, until
        start = until


async def _async_offer(
    hass: HomeAssistant, entry: ConfigEntry, chosen: Sequence[str]
) -> ObjectSelectorField | None:
    return listed(await _async_series(hass, entry), chosen)


async def _async_series(
    hass: HomeAssistant, entry: ConfigEntry
) -> list[SelectOptionDict]:
    """Return the series of the raw place; none while the server is out of reach."""
    given = entry.data.get(CONF_INFLUXDB)
    if not given:
        return []
    connection = connection_from(given)
    try:
        series = await async_ask(hass, connection, partial(_found, connection))
    except OutsideError:
        return []
    return [
        SelectOptionDict(value=one.reference, label=_label(one, extent))
        for one, extent in sorted(series, key=lambda pair: pair[0].entity_id)
    ]


def _found(connection: Connection, server: Server) -> list[tuple[RawSeries, Extent]]:
    """Return what is measured in units of meters: no thermostat, no timer."""
    return [
        (series, extent)
        for series, extent in server.found(connection.raw, units.spellings())
        if series.entity_id
    ]


def _label(series: RawSeries, extent: Extent) -> str:
    first, last = (
        datetime.fromtimestamp(time // SECOND, UTC).date().isoformat()
        for time in (extent.first, extent.last)
    )
    name = f"{series.domain}.{series.entity_id}" if series.domain else series.entity_id
    return f"{name} [{series.unit}] · {first} – {last} · {extent.count}"


async def _async_check(_hass: HomeAssistant, reference: str) -> CheckedSource:
    try:
        return CheckedSource(KIND, series_from(reference).unit)
    except ValueError as error:
        raise SourceError("source_unknown", reference) from error


def _open(access: Access) -> InfluxSource | None:
    if access.raw is None:
        return None
    server, place = access.raw
    return InfluxSource(server, place, shift_of(dt_util.now()))


def _is_dense(reference: str) -> bool:
    """Return whether a sensor wrote the series: helpers are typed in by hand."""
    return reference.partition(":")[2].startswith("sensor.")


INFLUXDB: Final = SourceDescriptor(
    kind=KIND,
    column="series",
    async_offer=_async_offer,
    async_check=_async_check,
    open=_open,
    is_dense=_is_dense,
)

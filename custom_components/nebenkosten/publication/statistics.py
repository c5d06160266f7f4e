"""Publishes daily and hourly use as long-term statistics, writing only differences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from inspect import signature
import logging
from threading import Event
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    async_add_external_statistics,
    get_metadata,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..engine.domain import units
from ..engine.domain.report import Rows
from ..outside import OutOfReachError
from ..outside.deadline import RECORDER, async_ask_recorder, async_settle_recorder
from ..outside.stored_statistics import heading, hours
from .difference import (
    Difference,
    StatisticRow,
    by_month,
    difference,
    first_difference,
    held,
    rows_since,
    wrong,
)

_LOGGER = logging.getLogger(__name__)

# One call is one transaction of the recorder, which waits meanwhile.
_CHUNK: Final = 500
_NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Published:
    """What a statistic is known to hold: its heading and each year's digest."""

    name: str
    unit: str
    years: dict[str, str]


class StatisticsLedger(Protocol):
    """Remembers what was published, and doubts it from before a write until after."""

    def published(self, statistic_id: str) -> Published | None:
        """Return what a statistic holds, None when that is not sure."""

    async def async_doubt(self, statistic_ids: Sequence[str]) -> None:
        """Note on the disk that these are about to change."""

    def trust(self, statistic_id: str, published: Published) -> None:
        """Note that a statistic was read back and holds this."""


@dataclass(frozen=True, slots=True)
class Statistic:
    """A statistic as it should be; `years` are the fingerprints of its rows."""

    statistic_id: str
    name: str
    unit: str
    rows: Rows
    years: dict[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What publishing one statistic did; `changed` are starts of days or hours [s].

    It was not `reached` when the recorder was out of reach before its turn was over.
    """

    written: int = 0
    changed: tuple[float, ...] = ()
    verified: bool = True
    reached: bool = True


@dataclass(frozen=True, slots=True)
class _Plan:
    statistic: Statistic
    since: float
    change: Difference
    rename: bool
    clear: bool

    @property
    def writes(self) -> bool:
        goes = self.clear or self.change.surplus is not None
        return self.rename or goes or bool(self.change.upserts)


async def async_publish(
    hass: HomeAssistant,
    statistics: Sequence[Statistic],
    ledger: StatisticsLedger,
    step: Callable[[], None] = lambda: None,
) -> dict[str, Outcome]:
    """Make the recorder hold these statistics; returns what was done, by id.

    One that cannot be read or written is logged and not verified: others go on, unless
    the recorder is out of reach. `step` is called after each one.
    """
    ids = [statistic.statistic_id for statistic in statistics]
    outcomes = dict.fromkeys(ids, Outcome(verified=False, reached=False))
    try:
        await _async_publish(hass, statistics, ledger, step, outcomes)
    except OutOfReachError:
        _LOGGER.warning(
            "The recorder does not do what it is asked: its disk may be full, or it is"
            " busy. What was not published will be tried again"
        )
    return outcomes


async def _async_publish(
    hass: HomeAssistant,
    statistics: Sequence[Statistic],
    ledger: StatisticsLedger,
    step: Callable[[], None],
    outcomes: dict[str, Outcome],
) -> None:
    """Publish one after the other; raises OutOfReachError."""
    if any(ledger.published(one.statistic_id) is None for one in statistics):
        # Something that was given up before may still be waiting to be cleared.
        await async_settle_recorder(hass)
    plans = [
        plan
        for statistic in statistics
        if (plan := await _async_plan(hass, statistic, ledger, outcomes)) is not None
    ]
    writing = [plan.statistic.statistic_id for plan in plans if plan.writes]
    if writing:
        await ledger.async_doubt(writing)
    for plan in plans:
        statistic_id = plan.statistic.statistic_id
        try:
            outcomes[statistic_id] = await _async_do(hass, plan, ledger)
        except OutOfReachError:
            raise
        except Exception:
            _LOGGER.exception("%s cannot be written", statistic_id)
            outcomes[statistic_id] = Outcome(verified=False)
        step()


async def _async_plan(
    hass: HomeAssistant,
    statistic: Statistic,
    ledger: StatisticsLedger,
    outcomes: dict[str, Outcome],
) -> _Plan | None:
    """Find out what differs; one that cannot be read, or holds all, has its outcome."""
    try:
        plan = await _async_compare(hass, statistic, ledger)
    except OutOfReachError:
        raise
    except Exception:
        _LOGGER.exception("%s cannot be read", statistic.statistic_id)
        outcomes[statistic.statistic_id] = Outcome(verified=False)
        return None
    if plan is None:
        outcomes[statistic.statistic_id] = Outcome()
    return plan


async def _async_do(
    hass: HomeAssistant, plan: _Plan, ledger: StatisticsLedger
) -> Outcome:
    sure = not plan.writes or await _async_write(hass, plan)
    statistic = plan.statistic
    if sure:
        ledger.trust(
            statistic.statistic_id,
            Published(statistic.name, statistic.unit, statistic.years),
        )
    return Outcome(len(plan.change.upserts), plan.change.changed, sure)


async def async_differs(
    hass: HomeAssistant, statistic_id: str, published: Published, since: float
) -> float | None:
    """Return from when on [epoch s] the recorder holds something else, if so.

    Looks at the years from `since` [epoch s] on, which begins one.
    """
    return await async_ask_recorder(
        hass, _differs, hass, statistic_id, published, since
    )


def _differs(
    hass: HomeAssistant, statistic_id: str, published: Published, since: float
) -> float | None:
    name, unit, rows = _read(hass, statistic_id, since)
    first = datetime.fromtimestamp(since, UTC).year
    expected = {y: d for y, d in published.years.items() if int(y) >= first}
    if (name, unit) != (published.name, published.unit):
        return since
    return first_difference(held(rows), expected)


async def async_wrong(
    hass: HomeAssistant, statistic: Statistic, since: float
) -> list[float]:
    """Return the starts [epoch s] of rows that are missing, wrong or too many."""

    def work() -> list[float]:
        _, _, rows = _read(hass, statistic.statistic_id, since)
        return wrong(rows, rows_since(statistic.rows, since))

    return await async_ask_recorder(hass, work)


async def async_months(
    hass: HomeAssistant, statistic_id: str, zone: ZoneInfo
) -> dict[str, float]:
    """Return the use by local month (YYYY-MM) that the recorder holds."""

    def work() -> dict[str, float]:
        _, _, rows = _read(hass, statistic_id, 0.0)
        return by_month(rows, zone)

    return await async_ask_recorder(hass, work)


async def async_clear(
    hass: HomeAssistant, statistic_ids: Sequence[str], since: float | None = None
) -> None:
    """Remove statistics, from an instant [epoch s] on, and wait until they are gone.

    Raises OutOfReachError when the recorder cannot: its disk may be full.
    """
    done = Event()
    span: dict[str, Any] = {}
    if since is not None:
        begin = datetime.fromtimestamp(since, UTC)
        span = {"start_time": begin, "end_time": _NEVER}
    recorder = get_instance(hass)
    recorder.async_clear_statistics(list(statistic_ids), on_done=done.set, **span)
    # Of a clearing that fails nobody is told; what was queued after it is done then.
    await async_settle_recorder(hass)
    if not done.is_set():
        raise OutOfReachError(RECORDER)


async def async_ours(hass: HomeAssistant) -> set[str]:
    """Return the ids of all statistics of ours that the recorder knows."""
    known = await async_ask_recorder(
        hass, partial(get_metadata, hass, statistic_source=DOMAIN)
    )
    return set(known)


def _clears_ranges(hass: HomeAssistant) -> bool:
    """Return whether the recorder can clear a part of a statistic (2026.11)."""
    clear = get_instance(hass).async_clear_statistics
    return "start_time" in signature(clear).parameters


async def _async_compare(
    hass: HomeAssistant, statistic: Statistic, ledger: StatisticsLedger
) -> _Plan | None:
    """Find out what differs; None when nothing does."""
    known = ledger.published(statistic.statistic_id)
    since = 0.0
    if known is not None and known.unit == statistic.unit:
        start = first_difference(known.years, statistic.years)
        if start is None and known.name == statistic.name:
            return None
        since = start or 0.0
    return await async_ask_recorder(hass, _plan, hass, statistic, since)


def _plan(hass: HomeAssistant, statistic: Statistic, since: float) -> _Plan:
    """Compare with what the recorder holds from `since` [epoch s] on; blocks."""
    name, unit, published = _read(hass, statistic.statistic_id, since)
    change = difference(published, rows_since(statistic.rows, since))
    rename, clear = name != statistic.name, False
    too_many = change.surplus is not None and not _clears_ranges(hass)
    if too_many or unit not in (None, statistic.unit):
        everything = tuple(rows_since(statistic.rows, 0.0))
        change = Difference(everything, None, change.changed)
        clear = name is not None
    return _Plan(statistic, since, change, rename, clear)


async def _async_write(hass: HomeAssistant, plan: _Plan) -> bool:
    """Write a plan chunk by chunk and read it back; returns whether all is there."""
    statistic = plan.statistic
    if plan.clear or plan.change.surplus is not None:
        await async_clear(hass, [statistic.statistic_id], plan.change.surplus)
    rows = plan.change.upserts
    for start in range(0, max(len(rows), 1), _CHUNK):
        async_add_external_statistics(
            hass,
            _metadata(statistic),
            [_data(row) for row in rows[start : start + _CHUNK]],
        )
        await async_settle_recorder(hass)
    since = 0.0 if plan.clear else plan.since
    return await async_ask_recorder(hass, _verified, hass, statistic, since)


def _verified(hass: HomeAssistant, statistic: Statistic, since: float) -> bool:
    """Return whether the recorder holds the rows from `since` [epoch s] on; blocks."""
    _, _, published = _read(hass, statistic.statistic_id, since)
    change = difference(published, rows_since(statistic.rows, since))
    return change.surplus is None and not change.upserts


def _read(
    hass: HomeAssistant, statistic_id: str, since: float
) -> tuple[str | None, str | None, list[StatisticRow]]:
    """Return a statistic's name, unit and rows from an instant [epoch s] on."""
    known = heading(hass, statistic_id)
    if known is None:
        return None, None, []
    rows = hours(hass, statistic_id, known.unit, since, {"sum", "state"})
    return (
        known.name,
        known.unit,
        [StatisticRow(r["start"], r.get("sum") or 0.0, r.get("state")) for r in rows],
    )


def _metadata(statistic: Statistic) -> StatisticMetaData:
    return StatisticMetaData(
        mean_type=StatisticMeanType.NONE,
        has_sum=True,
        name=statistic.name,
        source=DOMAIN,
        statistic_id=statistic.statistic_id,
        unit_class=units.dimension(statistic.unit),
        unit_of_measurement=statistic.unit,
    )


def _data(row: StatisticRow) -> StatisticData:
    # Local: where the offset is no whole hour, only local midnight is a full one.
    start = dt_util.as_local(datetime.fromtimestamp(row.start, UTC))
    data = StatisticData(start=start, sum=row.sum)
    if row.state is not None:
        data["state"] = row.state
    return data

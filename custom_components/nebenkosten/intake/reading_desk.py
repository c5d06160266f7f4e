"""The desk that understands and judges a reading that somebody enters."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
import logging
import math
import time
from typing import Any, Final
from zoneinfo import ZoneInfo

from homeassistant.core import HomeAssistant

from ..analysis.analyse import new_findings
from ..const import SOURCE_HAND
from ..coordinator import Analytics
from ..engine.domain.local_days import (
    iso,
    local_day,
    midnight,
)
from ..engine.domain.meters import Meter
from ..engine.domain.reading_bounds import (
    FIRST_DAY,
    LARGEST,
    LAST_DAY,
    within,
)
from ..engine.domain.report import (
    Finding,
    ReadingKind,
)
from ..journal import readings
from ..journal.readings import Change
from ..journal.records import (
    NewReading,
    StoredReading,
)
from ..journal.serial_numbers import NewNumber
from ..journal.store import Journal
from ..messages.errors import (
    async_in_journal,
    refuse,
)
from . import text as text_of
from .entering import async_refuse_doubtful
from .reading_cells import fitting_unit
from .rights import Caller
from .text import (
    Instant,
    TextError,
    number_text,
    parse_instant,
    parse_number,
)

_LOGGER = logging.getLogger(__name__)
_SLACK: Final = 1.0
# What anybody may say of a dial; all other kinds change the past.
_ADDED: Final = (ReadingKind.ACTUAL, ReadingKind.REMOTE, ReadingKind.ESTIMATE)
_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class EnteredReading:
    """A reading that is in the journal now, and the findings that it brought."""

    reading_id: int
    value: float
    findings: tuple[Finding, ...]


def latest_instant(zone: ZoneInfo) -> float:
    """Return the next local midnight [epoch s]: after it lies the future."""
    return midnight(local_day(time.time(), zone) + timedelta(days=1), zone)


def bounds(
    start: date | None, end: date | None, zone: ZoneInfo
) -> tuple[float | None, float | None]:
    """Return the instants [epoch s] that bound the days start..end.

    None where no reading can lie beyond: no calendar goes on for ever.
    """
    low = high = None
    if start is not None and start > FIRST_DAY:
        low = midnight(within(start), zone)
    if end is not None and end < LAST_DAY:
        high = midnight(within(end) + timedelta(days=1), zone)
    return low, high


async def async_understand(
    hass: HomeAssistant, analytics: Analytics, meter: Meter, given: Mapping[str, Any]
) -> NewReading:
    """Return what was meant; raises ServiceValidationError with the reason."""
    zone = ZoneInfo(analytics.house.time_zone)
    kind = ReadingKind(given.get("kind") or ReadingKind.ACTUAL)
    try:
        instant = await _async_instant(analytics, given.get("time"), zone, kind)
        unit = fitting_unit(given.get("unit") or "", meter)
    except TextError as error:
        raise refuse(error.key, **error.data) from error
    value = await _async_value(
        hass, analytics.journal, meter, given["value"], instant.seconds
    )
    return NewReading(
        meter=meter.key,
        instant=instant.seconds,
        zone=instant.zone,
        value_text=str(given["value"]),
        value=value,
        unit=unit,
        kind=kind,
        source=SOURCE_HAND,
        note=bounded(given.get("note")) or None,
    )


async def async_understand_exchange(
    hass: HomeAssistant, analytics: Analytics, meter: Meter, given: Mapping[str, Any]
) -> list[NewReading]:
    """Return the removal and the installation reading of an exchange."""
    both = (ReadingKind.REMOVAL, "final_value"), (ReadingKind.INSTALL, "first_value")
    # A bare date means one moment of both: the end of that day.
    zone = ZoneInfo(analytics.house.time_zone)
    try:
        moment = await _async_instant(
            analytics, given.get("time"), zone, ReadingKind.REMOVAL
        )
    except TextError as error:
        raise refuse(error.key, **error.data) from error
    time_text = iso(moment.seconds, zone)
    return [
        await async_understand(
            hass,
            analytics,
            meter,
            {
                "value": given[name],
                "time": time_text,
                "kind": kind,
                "note": given.get("note"),
            },
        )
        for kind, name in both
    ]


async def async_add_all(
    hass: HomeAssistant,
    analytics: Analytics,
    new: Sequence[NewReading],
    caller: Caller,
    *,
    confirmed: bool | None,
    number: NewNumber | None = None,
) -> list[EnteredReading]:
    """Keep readings of one meter, all or none, and let it be computed anew.

    What does not fit is kept, too, and doubted; with `confirmed` it is vouched for, or
    (False) refused.
    """
    meter = new[0].meter
    await _async_may_be_added(hass, analytics.journal, new, caller)
    await async_weigh(hass, analytics, new, confirmed=confirmed)
    before = await _async_findings(analytics, meter)
    added = await async_in_journal(
        hass,
        readings.append,
        analytics.journal.signed(caller.user_id),
        new,
        revive=True,
        number=number,
    )
    if confirmed:
        await _async_confirm(hass, analytics, added.ids, caller)
    findings = new_findings(before, await _async_findings(analytics, meter))
    analytics.request([meter])
    return [
        EnteredReading(reading_id, one.value, findings)
        for reading_id, one in zip(added.ids, new, strict=True)
    ]


async def async_weigh(
    hass: HomeAssistant,
    analytics: Analytics,
    new: Sequence[NewReading],
    *,
    confirmed: bool | None,
) -> None:
    """Refuse readings of one meter that do not fit, where somebody can be asked."""
    if confirmed is False:
        zone = ZoneInfo(analytics.house.time_zone)
        meter = analytics.physical[new[0].meter]
        await async_refuse_doubtful(hass, analytics.journal, meter, zone, new)


async def _async_confirm(
    hass: HomeAssistant, analytics: Analytics, ids: Iterable[int], caller: Caller
) -> None:
    journal = analytics.journal.signed(caller.user_id)
    for reading_id in ids:
        await async_in_journal(hass, readings.confirm, journal, reading_id)


async def async_edit(
    hass: HomeAssistant,
    analytics: Analytics,
    reading_id: int,
    given: Mapping[str, Any],
    caller: Caller,
) -> EnteredReading:
    """Change a reading; the old value stays readable."""
    stored: StoredReading = await async_in_journal(
        hass, readings.get, analytics.journal, reading_id
    )
    meter = analytics.physical.get(stored.meter)
    if meter is None:
        raise refuse("unknown_meter_named", meter=stored.meter)
    change = await _async_change(hass, analytics, meter, stored, given)
    confirmed = given.get("confirmed")
    if confirmed is False:
        await async_refuse_doubtful(
            hass,
            analytics.journal,
            meter,
            ZoneInfo(analytics.house.time_zone),
            [change.applied(stored)],
            reading_id,
        )
    before = await _async_findings(analytics, stored.meter)
    changed: StoredReading = await async_in_journal(
        hass,
        readings.edit,
        analytics.journal.signed(caller.user_id),
        reading_id,
        change,
    )
    if confirmed:
        await _async_confirm(hass, analytics, [reading_id], caller)
    findings = await _async_findings(analytics, stored.meter)
    analytics.request([stored.meter])
    return EnteredReading(reading_id, changed.value, new_findings(before, findings))


async def async_delete(
    hass: HomeAssistant, analytics: Analytics, reading_id: int, caller: Caller
) -> None:
    """Mark a reading as deleted; it stays readable."""
    journal = analytics.journal.signed(caller.user_id)
    meter = await async_in_journal(hass, readings.delete, journal, reading_id)
    if meter in analytics.physical:
        analytics.request([meter])


async def _async_change(
    hass: HomeAssistant,
    analytics: Analytics,
    meter: Meter,
    stored: StoredReading,
    given: Mapping[str, Any],
) -> Change:
    """Return what an edit changes, understood like a new reading."""
    zone = ZoneInfo(analytics.house.time_zone)
    kind = ReadingKind(given["kind"]) if given.get("kind") else None
    instant = None
    try:
        if given.get("time"):
            instant = _instant(given["time"], zone, kind or stored.kind)
        unit = fitting_unit(given["unit"], meter) if given.get("unit") else None
    except TextError as error:
        raise refuse(error.key, **error.data) from error
    value = None
    if given.get("value") is not None:
        at = stored.instant if instant is None else instant.seconds
        value = await _async_value(hass, analytics.journal, meter, given["value"], at)
    return Change(
        instant=None if instant is None else instant.seconds,
        zone=None if instant is None else instant.zone,
        value=value,
        value_text=None if value is None else str(given["value"]),
        unit=(unit or meter.unit) if given.get("unit") else None,
        kind=kind,
        note=bounded(given.get("note")),
    )


def bounded(text: str | None) -> str | None:
    """Return a note or another text that is kept; refuses one that is too long."""
    try:
        return text and text_of.bounded(text)
    except TextError as error:
        raise refuse(error.key) from error


async def _async_may_be_added(
    hass: HomeAssistant, journal: Journal, new: Sequence[NewReading], caller: Caller
) -> None:
    """Refuse what changes the past, unless an administrator does it.

    Everybody may add a reading. To set a dial, to begin or end a register, to say
    another value of the same instant and to bring back what was deleted are edits.
    """
    if caller.is_administrator:
        return
    for one in new:
        said = await async_in_journal(
            hass, readings.at, journal, one.meter, one.instant
        )
        if one.kind not in _ADDED or any(_contradicts(one, old) for old in said):
            raise refuse("only_administrators")


def _contradicts(new: NewReading, old: StoredReading) -> bool:
    same = (new.value, new.unit) == (old.value, old.unit)
    if old.deleted:
        return same
    an_estimate = ReadingKind.ESTIMATE
    return not same and (new.kind is an_estimate) == (old.kind is an_estimate)


def understood_instant(given: str, zone: ZoneInfo) -> float:
    """Return the instant [epoch s] that somebody means, up to the next midnight."""
    try:
        return _instant(given, zone, ReadingKind.ACTUAL).seconds
    except TextError as error:
        raise refuse(error.key, **error.data) from error


async def _async_instant(
    analytics: Analytics, given: str | None, zone: ZoneInfo, kind: ReadingKind
) -> Instant:
    """Return when a reading was read, unless only a wrong clock says so."""
    if not await analytics.clock_check.async_is_right():
        instant = None if given is None else parse_instant(given, zone, kind)
        if instant is None or instant.seconds > time.time() - _DAY:
            raise analytics.clock_check.refusal()
    return _instant(given, zone, kind)


def _instant(given: str | None, zone: ZoneInfo, kind: ReadingKind) -> Instant:
    if given is None:
        return Instant(time.time(), zone.key)
    instant = parse_instant(given, zone, kind)
    if instant.seconds > latest_instant(zone) + _SLACK:
        raise TextError("in_future")
    return instant


async def _async_value(
    hass: HomeAssistant, journal: Journal, meter: Meter, given: object, instant: float
) -> float:
    """Return the number meant; of two meanings the one that fits the neighbours."""
    if isinstance(given, bool) or given != given:
        raise refuse("not_a_number")
    if isinstance(given, (int, float)):
        if abs(given) >= LARGEST:
            raise refuse("too_many_digits")
        given = number_text(float(given))
    try:
        number = parse_number(str(given))
    except TextError as error:
        raise refuse(error.key, **error.data) from error
    meanings = [number.decimal]
    if number.thousands is not None:
        before, after = await async_in_journal(
            hass, _neighbours, journal, meter.key, instant
        )
        meanings = [
            value
            for value in (number.decimal, number.thousands)
            if before <= value <= after and _shows(meter, value)
        ]
    if len(meanings) != 1:
        raise refuse("ambiguous_number")
    if meanings[0] < 0:
        raise refuse("negative_value")
    return meanings[0]


def _shows(meter: Meter, value: float) -> bool:
    return meter.digits is None or value < 10**meter.digits


def _neighbours(journal: Journal, meter: str, instant: float) -> tuple[float, float]:
    before = readings.last_before(journal, meter, instant)
    after = readings.first_after(journal, meter, instant)
    return (
        -math.inf if before is None else before.value,
        math.inf if after is None else after.value,
    )


async def _async_findings(analytics: Analytics, key: str) -> tuple[Finding, ...]:
    """Return a meter's findings; that it cannot be computed never costs a reading."""
    try:
        (analysis,) = await analytics.lookup.async_analyses([key])
    except Exception:
        _LOGGER.exception("%s cannot be computed", key)
        return ()
    return analysis.report.findings

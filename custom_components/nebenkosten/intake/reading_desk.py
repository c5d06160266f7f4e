"""The desk that understands and judges a reading that somebody enters."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
import logging
import time
from typing import Final, Protocol

from homeassistant.exceptions import HomeAssistantError

from ..analysis.analyse import new_findings
from ..analysis.loaded_house import LoadedHouse
from ..analysis.queries import Queries
from ..const import SOURCE_HAND
from ..engine.domain.local_days import iso
from ..engine.domain.meters import Meter
from ..engine.domain.report import Finding, ReadingKind
from ..journal import readings
from ..journal.readings import Change
from ..journal.records import NewReading, StoredReading
from ..journal.serial_numbers import NewNumber
from ..messages.errors import async_in_journal, refuse
from .entering import async_refuse_doubtful
from .reading_cells import fitting_unit
from .rights import Caller
from .text import Instant, TextError, parse_instant
from .understanding import GivenExchange, GivenReading, async_value, bounded, instant_of

_LOGGER = logging.getLogger(__name__)
# What anybody may say of a dial; all other kinds change the past.
_ADDED: Final = (ReadingKind.ACTUAL, ReadingKind.REMOTE, ReadingKind.ESTIMATE)
_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class EnteredReading:
    """A reading that is in the journal now, and the findings that it brought."""

    reading_id: int
    value: float
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingPreview:
    """What readings would bring: the first one's value and time, and new findings.

    `use` [unit] is what was used in the `days` since the reading before it.
    """

    value: float
    at: datetime
    use: float | None
    days: float | None
    findings: tuple[Finding, ...]


class ClockKnown(Protocol):
    """What tells whether the system clock can be right."""

    async def async_is_right(self) -> bool:
        """Return whether nothing is known that lies ahead of now."""

    def refusal(self) -> HomeAssistantError:
        """Return the error that says why nothing is taken."""


class ReadingDesk:
    """Takes readings of one house: understood, judged, kept, computed soon."""

    def __init__(
        self,
        loaded: LoadedHouse,
        queries: Queries,
        clock: ClockKnown,
        request: Callable[[Iterable[str]], None],
        renumber: Callable[[str, str], None],
    ) -> None:
        """Keep readings in the house's journal.

        `request` lets meters be computed, `renumber` gives one another serial number.
        """
        self._hass = loaded.hass
        self._loaded = loaded
        self._queries = queries
        self._clock = clock
        self._request = request
        self._renumber = renumber

    async def async_understand(self, meter: Meter, given: GivenReading) -> NewReading:
        """Return what was meant; raises ServiceValidationError with the reason."""
        kind = given.kind or ReadingKind.ACTUAL
        try:
            instant = await self._async_instant(given.time, kind)
            unit = fitting_unit(given.unit or "", meter)
        except TextError as error:
            raise refuse(error.key, **error.data) from error
        value = await async_value(self._loaded, meter, given.value, instant.seconds)
        return NewReading(
            meter=meter.key,
            instant=instant.seconds,
            zone=instant.zone,
            value_text=str(given.value),
            value=value,
            unit=unit,
            kind=kind,
            source=SOURCE_HAND,
            note=bounded(given.note) or None,
        )

    async def async_understand_exchange(
        self, meter: Meter, given: GivenExchange
    ) -> list[NewReading]:
        """Return the removal and the installation reading of an exchange."""
        bounded(given.serial_number)
        try:
            # A bare date means one moment of both: the end of that day.
            moment = await self._async_instant(given.final.time, ReadingKind.REMOVAL)
        except TextError as error:
            raise refuse(error.key, **error.data) from error
        at = replace(given.final, time=iso(moment.seconds, self._loaded.zone))
        return [
            await self.async_understand(meter, replace(at, value=value, kind=kind))
            for kind, value in (
                (ReadingKind.REMOVAL, given.final.value),
                (ReadingKind.INSTALL, given.first),
            )
        ]

    async def async_preview(
        self, meter: Meter, new: Sequence[NewReading], *, confirmed: bool | None
    ) -> ReadingPreview:
        """Return what readings of a meter would bring; refuses as keeping them does."""
        await self.async_weigh(new, confirmed=confirmed)
        found = await self._queries.async_preview(meter, new)
        first = new[0]
        at = datetime.fromtimestamp(first.instant, UTC)
        return ReadingPreview(
            value=first.value,
            at=at.astimezone(self._loaded.zone),
            use=found.use,
            days=None if found.since is None else (first.instant - found.since) / _DAY,
            findings=found.findings,
        )

    async def async_exchange(
        self,
        meter: Meter,
        given: GivenExchange,
        caller: Caller,
        *,
        confirmed: bool | None,
    ) -> tuple[EnteredReading, EnteredReading]:
        """Keep the last reading of an old dial and the first of the new one."""
        pair = await self.async_understand_exchange(meter, given)
        number = None
        if given.serial_number and given.serial_number != meter.serial_number:
            number = NewNumber(
                meter=meter.key, old=meter.serial_number, new=given.serial_number
            )
        removal, install = await self.async_add_all(
            pair, caller, confirmed=confirmed, number=number
        )
        if number:
            self._renumber(meter.key, number.new)
        return removal, install

    async def async_add_all(
        self,
        new: Sequence[NewReading],
        caller: Caller,
        *,
        confirmed: bool | None,
        number: NewNumber | None = None,
    ) -> list[EnteredReading]:
        """Keep readings of one meter, all or none, and let it be computed anew.

        What does not fit is kept, too, and doubted; with `confirmed` it is vouched for,
        or (False) refused.
        """
        meter = new[0].meter
        await self._async_may_be_added(new, caller)
        await self.async_weigh(new, confirmed=confirmed)
        before = await self._async_findings(meter)
        added = await async_in_journal(
            self._hass,
            readings.append,
            self._loaded.journal.signed(caller.user_id),
            new,
            revive=True,
            number=number,
        )
        if confirmed:
            await self._async_confirm(added.ids, caller)
        findings = new_findings(before, await self._async_findings(meter))
        self._request([meter])
        return [
            EnteredReading(reading_id, one.value, findings)
            for reading_id, one in zip(added.ids, new, strict=True)
        ]

    async def async_weigh(
        self,
        new: Sequence[NewReading],
        *,
        confirmed: bool | None,
    ) -> None:
        """Refuse readings of one meter that do not fit, where somebody can be asked."""
        if confirmed is False:
            meter = self._loaded.physical[new[0].meter]
            await async_refuse_doubtful(self._loaded, meter, new)

    async def _async_confirm(self, ids: Iterable[int], caller: Caller) -> None:
        journal = self._loaded.journal.signed(caller.user_id)
        for reading_id in ids:
            await async_in_journal(self._hass, readings.confirm, journal, reading_id)

    async def async_edit(
        self,
        reading_id: int,
        given: GivenReading,
        caller: Caller,
        *,
        confirmed: bool | None,
    ) -> EnteredReading:
        """Change a reading to what is given; the old one stays readable."""
        loaded = self._loaded
        stored: StoredReading = await async_in_journal(
            self._hass, readings.get, loaded.journal, reading_id
        )
        meter = loaded.physical.get(stored.meter)
        if meter is None:
            raise refuse("unknown_meter_named", meter=stored.meter)
        change = await self._async_change(meter, stored, given)
        if confirmed is False:
            after = change.applied(stored)
            await async_refuse_doubtful(loaded, meter, [after], reading_id)
        before = await self._async_findings(stored.meter)
        changed: StoredReading = await async_in_journal(
            self._hass,
            readings.edit,
            loaded.journal.signed(caller.user_id),
            reading_id,
            change,
        )
        if confirmed:
            await self._async_confirm([reading_id], caller)
        findings = await self._async_findings(stored.meter)
        self._request([stored.meter])
        return EnteredReading(reading_id, changed.value, new_findings(before, findings))

    async def async_delete(self, reading_id: int, caller: Caller) -> None:
        """Mark a reading as deleted; it stays readable."""
        journal = self._loaded.journal.signed(caller.user_id)
        meter = await async_in_journal(self._hass, readings.delete, journal, reading_id)
        if meter in self._loaded.physical:
            self._request([meter])

    async def _async_change(
        self, meter: Meter, stored: StoredReading, given: GivenReading
    ) -> Change:
        """Return what an edit changes, understood like a new reading."""
        instant = None
        try:
            if given.time:
                kind = given.kind or stored.kind
                instant = instant_of(given.time, self._loaded.zone, kind)
            unit = fitting_unit(given.unit, meter) if given.unit else None
        except TextError as error:
            raise refuse(error.key, **error.data) from error
        value = None
        if given.value is not None:
            at = stored.instant if instant is None else instant.seconds
            value = await async_value(self._loaded, meter, given.value, at)
        return Change(
            instant=None if instant is None else instant.seconds,
            zone=None if instant is None else instant.zone,
            value=value,
            value_text=None if value is None else str(given.value),
            unit=(unit or meter.unit) if given.unit else None,
            kind=given.kind,
            note=bounded(given.note),
        )

    async def _async_may_be_added(
        self, new: Sequence[NewReading], caller: Caller
    ) -> None:
        """Refuse what changes the past, unless an administrator does it.

        Everybody may add a reading. To set a dial, to begin or end a register, to say
        another value of the same instant and to bring back what was deleted are edits.
        """
        if caller.is_administrator:
            return
        for one in new:
            said = await async_in_journal(
                self._hass, readings.at, self._loaded.journal, one.meter, one.instant
            )
            if one.kind not in _ADDED or any(_contradicts(one, old) for old in said):
                raise refuse("only_administrators")

    async def _async_instant(self, given: str | None, kind: ReadingKind) -> Instant:
        """Return when a reading was read, unless only a wrong clock says so."""
        zone = self._loaded.zone
        if not await self._clock.async_is_right():
            instant = None if given is None else parse_instant(given, zone, kind)
            if instant is None or instant.seconds > time.time() - _DAY:
                raise self._clock.refusal()
        return instant_of(given, zone, kind)

    async def _async_findings(self, key: str) -> tuple[Finding, ...]:
        """Return a meter's findings; one that cannot be computed costs no reading."""
        try:
            (analysis,) = await self._queries.async_analyses([key])
        except Exception:
            _LOGGER.exception("%s cannot be computed", key)
            return ()
        return analysis.report.findings


def _contradicts(new: NewReading, old: StoredReading) -> bool:
    same = (new.value, new.unit) == (old.value, old.unit)
    if old.deleted:
        return same
    an_estimate = ReadingKind.ESTIMATE
    return not same and (new.kind is an_estimate) == (old.kind is an_estimate)

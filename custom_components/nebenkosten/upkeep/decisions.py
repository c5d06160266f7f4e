"""The user's decisions about the house; they live in the journal."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from ..analysis.last_values import LastValues
from ..analysis.loaded_house import LoadedHouse
from ..journal.decisions import Decisions, known_decisions, remember_decisions
from ..messages.errors import async_in_journal


class UserDecisions:
    """Decisions as they hold now; `changed` is called after each new one."""

    def __init__(
        self, loaded: LoadedHouse, last_values: LastValues, changed: Callable[[], None]
    ) -> None:
        """Show the copy that the last values hold."""
        self._loaded = loaded
        self._last_values = last_values
        self._changed = changed

    @property
    def current(self) -> Decisions:
        """Return what holds."""
        return self._last_values.decisions

    async def async_set_automatic(self, *, wanted: bool) -> None:
        """Let the house go on by itself, or wait to be asked."""
        await self._async_decide(replace(self.current, automatic=wanted))
        self._changed()

    async def async_keep_orphans(self, statistics: Iterable[str]) -> None:
        """Ask no more about statistics that no meter feeds."""
        kept = {*self.current.kept_orphans, *statistics}
        await self._async_decide(
            replace(self.current, kept_orphans=tuple(sorted(kept)))
        )

    async def _async_decide(self, decisions: Decisions) -> None:
        """Keep a decision, or say why it cannot be kept; then nothing has changed."""
        loaded = self._loaded
        await async_in_journal(
            loaded.hass, remember_decisions, loaded.journal, decisions
        )
        self._last_values.decisions = decisions
        await self._last_values.async_save()


async def async_take_decisions(loaded: LoadedHouse, last_values: LastValues) -> None:
    """Let what the journal says count; where it says nothing, the copy, once."""
    hass, journal = loaded.hass, loaded.journal
    known = await hass.async_add_executor_job(known_decisions, journal)
    if known is not None:
        last_values.decisions = known
    else:
        await hass.async_add_executor_job(
            remember_decisions, journal, last_values.decisions
        )

"""Repairs of a journal that is gone and of a meter that was removed."""

from functools import partial
from pathlib import Path
from typing import Any, override

from homeassistant.components.repairs import RepairsFlowResult
import probatio as vol

from ..const import CONF_JOURNAL_ID, CONF_JOURNAL_REVISION, JOURNAL_FILE
from ..journal.definitions import keep_meter
from ..journal.readings import delete_all
from ..journal.settled import put_log_aside
from ..journal.store import set_aside
from ..publication.influxdb import drop_all
from ..publication.statistics import async_clear
from ..runtime import NkConfigEntry
from ..statistic_catalog import statistic_ids
from .answering import HouseRepairFlow


class JournalFlow(HouseRepairFlow):
    """Look again after a restore, or start with an empty journal."""

    @override
    def expect(self) -> None:
        """Need no loaded house: this is how it comes back; but one there must be."""
        self.hass.config_entries.async_get_known_entry(self._entry.entry_id)

    async def async_step_init(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Offer both ways."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["restored", "start_anew"],
            description_placeholders={"path": JOURNAL_FILE},
        )

    async def async_step_restored(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Look whether the right file lies there now."""
        await self.hass.config_entries.async_reload(self._entry.entry_id)
        if not self._runtime.loaded.has_journal:
            return self.async_abort(reason="still_missing")
        return self.async_create_entry(data={})

    async def async_step_start_anew(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Put aside what lies there and begin with an empty journal, once confirmed."""
        if user_input is None:
            return self.async_show_form(
                step_id="start_anew",
                data_schema=vol.Schema({}),
                description_placeholders={"path": JOURNAL_FILE},
            )
        path = Path(self.hass.config.path(JOURNAL_FILE))
        await self.hass.async_add_executor_job(set_aside, path)
        gone = (CONF_JOURNAL_ID, CONF_JOURNAL_REVISION)
        data = {k: v for k, v in self._entry.data.items() if k not in gone}
        # The change reloads the house, which makes the new file.
        self.hass.config_entries.async_update_entry(self._entry, data=data)
        return self.async_create_entry(data={})


class OlderJournalFlow(JournalFlow):
    """Look again after a restore, or go on with the older journal."""

    async def async_step_init(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Offer both ways."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["restored", "go_on"],
            description_placeholders=self._said,
        )

    async def async_step_go_on(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Take the older journal for the right one; what is missing stays missing."""
        path = Path(self.hass.config.path(JOURNAL_FILE))
        await self.hass.async_add_executor_job(put_log_aside, path)
        data = {k: v for k, v in self._entry.data.items() if k != CONF_JOURNAL_REVISION}
        self.hass.config_entries.async_update_entry(self._entry, data=data)
        await self.hass.config_entries.async_reload(self._entry.entry_id)
        return self.async_create_entry(data={})


class RemovedMeterFlow(HouseRepairFlow):
    """Keep or delete what is known of a removed meter."""

    def __init__(self, entry: NkConfigEntry, meter: str) -> None:
        """Mend what concerns one meter, named by its key."""
        super().__init__(entry)
        self._meter = meter

    async def async_step_init(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Offer both."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["keep", "delete"],
            description_placeholders=self._said,
        )

    async def async_step_keep(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Keep readings and statistics, and do not ask again."""
        journal = self._runtime.loaded.journal
        await self.hass.async_add_executor_job(keep_meter, journal, self._meter)
        return self.async_create_entry(data={})

    async def async_step_delete(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Clear the statistics and mark all readings as deleted."""
        if self._meter in self._runtime.loaded.meters:
            return self.async_abort(reason="meter_is_back")
        journal = self._runtime.loaded.journal
        await self.hass.async_add_executor_job(delete_all, journal, self._meter)
        await self._runtime.async_forget(self._meter)
        await async_clear(self.hass, statistic_ids(self._meter))
        return self.async_create_entry(data={})


class OrphansFlow(HouseRepairFlow):
    """Delete statistics that no meter feeds any more, or keep them."""

    def __init__(self, entry: NkConfigEntry, statistics: list[str]) -> None:
        """Mend what concerns these statistics, named by their ids."""
        super().__init__(entry)
        self._statistics = statistics

    async def async_step_init(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Offer both."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["keep", "delete"],
            description_placeholders={"statistics": ", ".join(self._statistics)},
        )

    async def async_step_keep(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask about them no more."""
        await self._runtime.decisions.async_keep_orphans(self._statistics)
        return self.async_create_entry(data={})

    async def async_step_delete(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Clear them."""
        await async_clear(self.hass, self._statistics)
        return self.async_create_entry(data={})


class OriginalFlow(HouseRepairFlow):
    """Delete the original system's results, or leave the decision open."""

    async def async_step_init(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Offer both."""
        return self.async_show_menu(
            step_id="init",
            menu_options=["delete", "later"],
            description_placeholders=self._said,
        )

    async def async_step_later(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Change nothing; the issue stays."""
        return self.async_abort(reason="later")

    async def async_step_delete(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Delete the four measurements and publish everything."""
        runtime = self._runtime
        link = runtime.servers.influx
        if link is not None:
            link.begin()
            place = link.connection.processed
            await link.async_tell(partial(drop_all, place=place))
        runtime.queue.request(runtime.loaded.meters)
        return self.async_create_entry(data={})

"""How is a house set up, and what can be chosen for it later?"""

from pathlib import Path
from typing import Any

from homeassistant.config_entries import (
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryData,
    OptionsFlow,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    StatisticSelector,
    StatisticSelectorConfig,
    TimeSelector,
)
import probatio as vol

from ..const import (
    CONF_JOURNAL_ID,
    CONF_RUN_TIME,
    CONF_TEMPERATURE,
    DEFAULT_RUN_TIME,
    JOURNAL_FILE,
    SUBENTRY_PHYSICAL,
)
from ..journal.house import KnownMeter, known_meters
from ..journal.records import JournalError
from ..journal.store import open_journal, set_aside

OPTIONS = vol.Schema(
    {
        vol.Required(CONF_RUN_TIME, default=DEFAULT_RUN_TIME): TimeSelector(),
        vol.Optional(CONF_TEMPERATURE): StatisticSelector(StatisticSelectorConfig()),
    }
)


class HouseFlow(ConfigFlow):
    """Ask for the run time and, where a journal lies there already, what to do."""

    _options: dict[str, Any]
    _found: tuple[str, dict[str, KnownMeter]]

    async def async_step_house(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the options of the house."""
        if user_input is None:
            return self.async_show_form(step_id="user", data_schema=OPTIONS)
        self._options = user_input
        found = await self.hass.async_add_executor_job(_look, _path(self.hass))
        if found is None:
            return self._create({}, [])
        self._found = found
        return await self.async_step_journal_found()

    async def async_step_journal_found(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer the journal that lies there already."""
        return self.async_show_menu(
            step_id="journal_found",
            menu_options=["take_over", "start_anew"],
            description_placeholders={"count": str(len(self._found[1]))},
        )

    async def async_step_take_over(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go on with the journal and the meters that it knows."""
        journal_id, meters = self._found
        return self._create(
            {CONF_JOURNAL_ID: journal_id},
            [_subentry(key, known) for key, known in meters.items() if not known.kept],
        )

    async def async_step_start_anew(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Put the old journal aside; it is never deleted."""
        await self.hass.async_add_executor_job(set_aside, _path(self.hass))
        return self._create({}, [])

    def _create(
        self, data: dict[str, Any], subentries: list[ConfigSubentryData]
    ) -> ConfigFlowResult:
        return self.async_create_entry(
            title=self.hass.config.location_name or "Nebenkosten",
            data=data,
            options=self._options,
            subentries=subentries,
        )


class HouseOptionsFlow(OptionsFlow):
    """Change what was chosen for the whole house."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show and take the options."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        schema = self.add_suggested_values_to_schema(OPTIONS, self.config_entry.options)
        return self.async_show_form(step_id="init", data_schema=schema)


def _path(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(JOURNAL_FILE))


def _look(path: Path) -> tuple[str, dict[str, KnownMeter]] | None:
    """Return id and meters of a journal that lies there and can be read."""
    if not path.exists():
        return None
    try:
        journal = open_journal(path)
        try:
            journal.check()
            return journal.journal_id, known_meters(journal)
        finally:
            journal.close()
    except JournalError as error:
        # A damaged one makes room; one of a newer version, or in use, stays: set-up
        # says what can be done about it.
        if error.key == "journal_unreadable":
            set_aside(path)
        return None


def _subentry(key: str, known: KnownMeter) -> ConfigSubentryData:
    data = dict(known.definition)
    return ConfigSubentryData(
        data={name: value for name, value in data.items() if name != "name"},
        subentry_type=SUBENTRY_PHYSICAL,
        title=str(data.get("name", key)),
        unique_id=key,
    )

"""The flows that set a house up and change its options."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigFlowContext,
    ConfigFlowResult,
    ConfigSubentryData,
    OptionsFlow,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectSelector,
    SelectSelectorConfig,
    StatisticSelector,
    StatisticSelectorConfig,
    TextSelector,
    TimeSelector,
)
import probatio as vol

from ..const import (
    CONF_ATTEMPTS,
    CONF_BILLING_YEAR_START,
    CONF_FEDERAL_STATE,
    CONF_GAS,
    CONF_INFLUXDB,
    CONF_JOURNAL_ID,
    CONF_KEEP_RUNS,
    CONF_PREVIEW,
    CONF_RUN_TIME,
    CONF_SOURCE,
    CONF_TEMPERATURE,
    CONF_TIBBER,
    DEFAULT_RUN_TIME,
    JOURNAL_FILE,
)
from ..journal.store import set_aside
from ..messages.texts import async_sentences
from ..runtime import NkConfigEntry
from .checks import FieldError, year_start_of
from .connect import ConnectFlow
from .energy_dashboard import EnergyDashboard
from .found_journal import FoundJournal, look
from .gas_factors import GAS_ROWS, gas_as_form, gas_rows, is_unusual
from .import_house import ImportHouse
from .import_readings import ImportReadings
from .schemas import MORE, choice, whole

_BASIC = vol.Schema(
    {
        vol.Required(CONF_RUN_TIME, default=DEFAULT_RUN_TIME): TimeSelector(),
        vol.Optional(CONF_TEMPERATURE): StatisticSelector(StatisticSelectorConfig()),
    }
)
_STATES = [
    *("bb", "be", "bw", "by", "hb", "he", "hh", "mv"),
    *("ni", "nw", "rp", "sh", "sl", "sn", "st", "th"),
]
_RARE = vol.Schema(
    {
        vol.Optional(CONF_FEDERAL_STATE): choice(_STATES, CONF_FEDERAL_STATE),
        vol.Optional(CONF_ATTEMPTS): whole(1, 10),
        vol.Optional(CONF_KEEP_RUNS): whole(1, 365),
        vol.Optional(CONF_PREVIEW): BooleanSelector(),
    }
)
OPTIONS = _BASIC.extend(
    {
        vol.Optional(CONF_BILLING_YEAR_START): TextSelector(),
        vol.Optional(CONF_GAS): GAS_ROWS,
        vol.Optional(MORE): section(_RARE, {"collapsed": True}),
    }
)


_CONNECT = SelectSelector(
    SelectSelectorConfig(
        options=[CONF_INFLUXDB, CONF_TIBBER], multiple=True, translation_key="connect"
    )
)
_USER = _BASIC.extend(
    {
        vol.Optional("connect", default=list): _CONNECT,
        vol.Optional("import", default=False): BooleanSelector(),
    }
)


class HouseFlow(
    ImportReadings[ConfigFlowContext, ConfigFlowResult, str],
    ImportHouse,
    EnergyDashboard,
    ConnectFlow,
):
    """Ask for the run time and, where a journal lies there already, what to do."""

    _options: dict[str, Any]
    _connect: list[str]
    _import: bool
    _data: dict[str, Any]
    _subentries: list[ConfigSubentryData]
    _found: FoundJournal
    _anew: bool = False

    @property
    @override
    def _house(self) -> NkConfigEntry:
        return self._get_reconfigure_entry()

    async def async_step_house(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the options of the house."""
        if user_input is None:
            return self.async_show_form(step_id="user", data_schema=_USER)
        self._connect = user_input.pop("connect")
        self._import = user_input.pop("import")
        self._options = user_input
        found = await self.hass.async_add_executor_job(look, _path(self.hass))
        # A damaged one makes room, once all is confirmed.
        self._anew = found is not None and found.journal_id is None
        if found is None or self._anew:
            return await self._async_begin({})
        self._found = found
        return await self.async_step_journal_found()

    async def _async_begin(self, data: dict[str, Any]) -> ConfigFlowResult:
        """Begin with an empty journal: with meters of a file, or with none."""
        if not self._import:
            return await self._async_create(data, [])
        self._data = data
        return await self.async_step_import_files()

    @override
    async def async_imported(
        self, subentries: list[ConfigSubentryData], options: dict[str, Any]
    ) -> ConfigFlowResult:
        """Go on with the meters of the files."""
        self._options |= options
        return await self._async_create(self._data, subentries)

    async def async_step_journal_found(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer the journal that lies there already."""
        return self.async_show_menu(
            step_id="journal_found",
            menu_options=["take_over", "start_anew"],
            description_placeholders={
                "count": str(len(self._found.coming)),
                "notes": self._found.said(
                    self.hass.config.time_zone, await async_sentences(self.hass)
                ),
            },
        )

    async def async_step_take_over(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go on with the journal, its meters, and the options that it knows."""
        found = self._found
        self._options = {**found.house.options, **self._options}
        return await self._async_create(
            {CONF_JOURNAL_ID: found.journal_id}, [*found.coming]
        )

    async def async_step_start_anew(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Put the old journal aside at the end; it is never deleted."""
        self._anew = True
        return await self._async_begin({})

    async def _async_create(
        self, data: dict[str, Any], subentries: list[ConfigSubentryData]
    ) -> ConfigFlowResult:
        self._data, self._subentries = data, subentries
        return await self._async_next()

    async def _async_next(self) -> ConfigFlowResult:
        """Ask for the next server that was chosen; at last make the house."""
        for name in self._connect:
            if name not in self._data:
                steps = {
                    CONF_INFLUXDB: self.async_step_influxdb,
                    CONF_TIBBER: self.async_step_tibber,
                }
                return await steps[name]()
        if self._anew:
            await self.hass.async_add_executor_job(set_aside, _path(self.hass))
        return self.async_create_entry(
            title=self.hass.config.location_name or "Nebenkosten",
            data=self._data,
            options=self._options,
            subentries=self._subentries,
        )

    async def async_step_reconfigure(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what can be connected, and what can be let go."""
        data = self._get_reconfigure_entry().data
        names = (CONF_INFLUXDB, CONF_TIBBER)
        forget = [f"forget_{name}" for name in names if name in data]
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["import_readings", "energy_dashboard", *names, *forget],
        )

    async def async_step_forget_influxdb(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Use no InfluxDB any more; what lies there stays."""
        return self._forgotten(CONF_INFLUXDB)

    async def async_step_forget_tibber(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask Tibber no more; what is known stays."""
        return self._forgotten(CONF_TIBBER)

    def _forgotten(self, name: str) -> ConfigFlowResult:
        entry = self._get_reconfigure_entry()
        data = {key: value for key, value in entry.data.items() if key != name}
        return self.async_update_and_abort(entry, data=data)

    @override
    async def async_connected(
        self, name: str, data: dict[str, Any]
    ) -> ConfigFlowResult:
        """Keep what was given; a second credential may have expired meanwhile."""
        if self.source == SOURCE_RECONFIGURE:
            entry = self._get_reconfigure_entry()
            return self.async_update_and_abort(entry, data={**entry.data, name: data})
        if self.source != SOURCE_REAUTH:
            self._data[name] = data
            return await self._async_next()
        entry = self._get_reauth_entry()
        known = getattr(self, "_data", dict(entry.data))
        self._data = {**known, name: data}
        other = CONF_INFLUXDB if name == CONF_TIBBER else CONF_TIBBER
        if other in self._data and not await self.async_works(other, self._data[other]):
            return await self.async_step_reauth({CONF_SOURCE: other})
        return self.async_update_and_abort(entry, data=self._data)


class HouseOptionsFlow(OptionsFlow):
    """Change what was chosen for the whole house."""

    _confirmed: list[dict[str, Any]] | None = None

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show and take the options."""
        errors = {}
        if user_input is not None:
            try:
                kept = _kept(user_input)
            except FieldError as error:
                errors[error.field] = error.key
            else:
                gas = kept.get(CONF_GAS)
                if not is_unusual(gas or []) or gas == self._confirmed:
                    return self.async_create_entry(data=kept)
                self._confirmed = gas
                errors[CONF_GAS] = "gas_unusual"
        known = self.config_entry.options
        rare = {str(name): known.get(str(name)) for name in _RARE.schema}
        gas = gas_as_form(self.hass, known.get(CONF_GAS, ()))
        schema = self.add_suggested_values_to_schema(
            OPTIONS, user_input or {**known, CONF_GAS: gas, MORE: rare}
        )
        return self.async_show_form(step_id="init", data_schema=schema, errors=errors)


def _kept(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options as they are kept; raises FieldError."""
    start = year_start_of(given.get(CONF_BILLING_YEAR_START))
    gas = gas_rows(given.get(CONF_GAS) or [])
    rare = dict(given.get(MORE, {}))
    # Numbers of the form come as floats.
    rare |= {k: int(rare[k]) for k in (CONF_ATTEMPTS, CONF_KEEP_RUNS) if k in rare}
    options = {**given, CONF_BILLING_YEAR_START: start, CONF_GAS: gas, **rare}
    options.pop(MORE, None)
    return {
        name: value
        for name, value in options.items()
        if value is not None and value is not False and value != []
    }


def _path(hass: HomeAssistant) -> Path:
    return Path(hass.config.path(JOURNAL_FILE))

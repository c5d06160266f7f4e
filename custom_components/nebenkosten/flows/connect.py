"""The steps that connect a house with its InfluxDB and with Tibber.

One flow serves set-up, reconfigure and reauth: each asks, looks whether the server does
what is needed, and says what is wrong.
"""

from abc import abstractmethod
from collections.abc import Mapping
from functools import partial
import re
from typing import Any

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.helpers.selector import (
    BooleanSelector,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio as vol

from ..const import CONF_INFLUXDB, CONF_SOURCE, CONF_TIBBER
from ..influx.asking import async_ask
from ..influx.connection import Connection, InfluxError, Version, connection_from
from ..influx.model import Place, Server, days_text
from ..outside import OutsideError
from ..sources.tibber_api import async_homes

_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))
_TEXT = TextSelector()
_URL = TextSelector(TextSelectorConfig(type=TextSelectorType.URL))

_PLACES: dict[Any, Any] = {
    vol.Required("raw"): _TEXT,
    vol.Required("processed"): _TEXT,
    vol.Required("verify_ssl", default=True): BooleanSelector(),
}
_ADDRESS: dict[Any, Any] = {vol.Required("url"): _URL}
_TOKEN: dict[Any, Any] = {vol.Required("token"): _SECRET}
_USER: dict[Any, Any] = {
    vol.Optional("username"): _TEXT,
    vol.Optional("password"): _SECRET,
}
_CREDENTIALS = {Version.V1: _USER, Version.V2: _TOKEN, Version.V3: _TOKEN}
_FORMS = {
    Version.V1: vol.Schema({**_ADDRESS, **_USER, **_PLACES}),
    Version.V2: vol.Schema(
        {**_ADDRESS, **_TOKEN, vol.Required("organisation"): _TEXT, **_PLACES}
    ),
    Version.V3: vol.Schema({**_ADDRESS, **_TOKEN, **_PLACES}),
}
# What a database of version 3 may be called.
_DATABASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_TIBBER = vol.Schema(_TOKEN)


class ConnectFlow(ConfigFlow):
    """The steps that ask for servers; what they give is handed on."""

    _given: dict[str, Any]

    @abstractmethod
    async def async_connected(
        self, name: str, data: dict[str, Any]
    ) -> ConfigFlowResult:
        """Go on with a server that does what is needed."""

    async def async_step_influxdb(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which version it is."""
        return self.async_show_menu(
            step_id="influxdb",
            menu_options=["influxdb_v2", "influxdb_v1", "influxdb_v3"],
        )

    async def async_step_influxdb_v1(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a server of version 1."""
        return await self._async_influxdb(Version.V1, user_input)

    async def async_step_influxdb_v2(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a server of version 2."""
        return await self._async_influxdb(Version.V2, user_input)

    async def async_step_influxdb_v3(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a server of version 3."""
        return await self._async_influxdb(Version.V3, user_input)

    async def _async_influxdb(
        self, version: Version, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        errors, detail = {}, ""
        if user_input is not None:
            self._given = {"version": version.value, **user_input}
            try:
                found = await self._async_check_influxdb(self._given)
            except InfluxError as error:
                errors["base"], detail = f"influxdb_{error.key}", error.detail
            else:
                if found is None:
                    return await self.async_step_create_place()
                if found.keeps is not None:
                    return self._forgets(found.keeps)
                return await self.async_connected(CONF_INFLUXDB, self._given)
        return self._form(f"influxdb_v{version}", _FORMS[version], errors, detail)

    async def async_step_create_place(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer to make the place of results."""
        place = self._given["processed"]
        errors, detail = {}, ""
        if user_input is not None:
            try:
                await async_ask(
                    self.hass,
                    connection_from(self._given),
                    lambda server: server.create(place),
                )
            except InfluxError as error:
                errors["base"], detail = f"influxdb_{error.key}", error.detail
            else:
                return await self.async_connected(CONF_INFLUXDB, self._given)
        return self.async_show_form(
            step_id="create_place",
            errors=errors,
            description_placeholders={"place": place, "detail": detail},
        )

    def _forgets(self, keeps: int) -> ConfigFlowResult:
        """Say that results will vanish from their place."""
        return self.async_show_form(
            step_id="short_place",
            description_placeholders={
                "place": self._given["processed"],
                "days": days_text(keeps),
            },
        )

    async def async_step_short_place(
        self, _user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go on with a place that keeps points for a while only."""
        return await self.async_connected(CONF_INFLUXDB, self._given)

    async def async_step_tibber(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for Tibber's token."""
        return await self._async_tibber("tibber", user_input)

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Ask for the credentials that are no longer valid."""
        if entry_data.get(CONF_SOURCE) == CONF_TIBBER:
            return await self.async_step_reauth_tibber()
        return await self.async_step_reauth_influxdb()

    async def async_step_reauth_tibber(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new token."""
        return await self._async_tibber("reauth_tibber", user_input)

    async def async_step_reauth_influxdb(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for new credentials of the same server."""
        known = self._get_reauth_entry().data[CONF_INFLUXDB]
        errors, detail = {}, ""
        if user_input is not None:
            given = {**known, **user_input}
            try:
                await self._async_check_influxdb(given)
            except InfluxError as error:
                errors["base"], detail = f"influxdb_{error.key}", error.detail
            else:
                return await self.async_connected(CONF_INFLUXDB, given)
        schema = vol.Schema(_CREDENTIALS[Version(known["version"])])
        return self._form("reauth_influxdb", schema, errors, detail)

    async def _async_tibber(
        self, step_id: str, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        errors, detail = {}, ""
        if user_input is not None:
            try:
                await async_homes(self.hass, user_input["token"])
            except OutsideError as error:
                errors["base"], detail = f"tibber_{error.key}", error.detail
            else:
                return await self.async_connected(CONF_TIBBER, user_input)
        return self._form(step_id, _TIBBER, errors, detail)

    async def async_works(self, name: str, data: Mapping[str, Any]) -> bool:
        """Return whether a server still takes its credentials."""
        try:
            if name == CONF_TIBBER:
                await async_homes(self.hass, data["token"])
            else:
                await self._async_check_influxdb(data)
        except OutsideError as error:
            return error.key != "credentials"
        return True

    async def _async_check_influxdb(self, data: Mapping[str, Any]) -> Place | None:
        """Return the place of results, None if missing; raises InfluxError."""
        if data["raw"] == data["processed"]:
            raise InfluxError("same_place")
        connection = connection_from(data)
        return await async_ask(self.hass, connection, partial(_looked_at, connection))

    def _form(
        self, step_id: str, schema: vol.Schema, errors: dict[str, str], detail: str
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, self._suggested()),
            errors=errors,
            description_placeholders={"detail": detail},
        )

    def _suggested(self) -> Mapping[str, Any]:
        """Return what was given before, or is in use; never a secret."""
        known: dict[str, Any] = dict(getattr(self, "_given", {}))
        if not known and self.source == "reconfigure":
            known = dict(self._get_reconfigure_entry().data.get(CONF_INFLUXDB, {}))
        return {
            key: value
            for key, value in known.items()
            if key not in ("token", "password")
        }


def _looked_at(connection: Connection, server: Server) -> Place | None:
    """Return the place of results, None where it is missing; raises InfluxError."""
    # A server would make a bucket without a name.
    for needed in (connection.raw, connection.processed):
        if not needed.strip():
            raise InfluxError("place", needed)
    if server.place(connection.raw) is None:
        raise InfluxError("place", connection.raw)
    found = server.place(connection.processed)
    if found is not None:
        server.may_write(connection.processed)
    elif connection.version is Version.V3 and not _DATABASE.fullmatch(
        connection.processed
    ):
        raise InfluxError("name", connection.processed)
    return found

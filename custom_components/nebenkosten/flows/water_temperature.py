"""The flow that adds and changes a station of water temperatures."""

from typing import Any

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..const import SUBENTRY_WATER
from ..outside import OutsideError
from ..sources.water_temperature import STATIONS, async_fetch
from .checks import id_from
from .reading_forms import OTHER, station_schema


class WaterTemperatureFlow(ConfigSubentryFlow):
    """Choose one of the known stations, or any other by the address of its page."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Add a station."""
        errors: dict[str, str] = {}
        found = {"expected": "", "found": ""}
        if user_input is not None:
            station = user_input["station"]
            url = STATIONS.get(station) or user_input.get("url") or ""
            name = user_input.get("name") or (
                "" if station == OTHER else station.capitalize()
            )
            key = id_from(name).lower()
            if not key:
                errors["name"] = "name_missing"
            else:
                errors, found = await self._async_problems(url)
            if not errors:
                return self.async_create_entry(
                    title=name,
                    data={"url": url},
                    unique_id=f"{SUBENTRY_WATER}:{key}",
                )
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(
                station_schema(new=True), user_input
            ),
            errors=errors,
            description_placeholders=found,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change name and address; history stays with the station."""
        subentry = self._get_reconfigure_subentry()
        known = {"name": subentry.title, **subentry.data}
        errors: dict[str, str] = {}
        found = {"expected": "", "found": ""}
        if user_input is not None:
            wanted = known | user_input
            errors, found = await self._async_problems(wanted["url"])
            if not errors:
                return self.async_update_and_abort(
                    self._get_entry(),
                    subentry,
                    title=wanted["name"],
                    data={"url": wanted["url"]},
                )
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                station_schema(new=False), user_input or known
            ),
            errors=errors,
            description_placeholders=found,
        )

    async def _async_problems(self, url: str) -> tuple[dict[str, str], dict[str, str]]:
        """Look at the page; returns errors by field and what fills their sentences."""
        nothing = {"expected": "", "found": ""}
        try:
            await async_fetch(async_get_clientsession(self.hass), url)
        except OutsideError as error:
            return {"url": f"water_{error.key}"}, nothing | error.placeholders
        return {}, nothing

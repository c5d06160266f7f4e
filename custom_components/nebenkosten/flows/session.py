"""Who fills a form in, and the loaded house that it is about."""

from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.http import current_request
from homeassistant.helpers.service import async_get_config_entry

from ..const import DOMAIN
from ..engine.domain.meters import Meter
from ..intake.rights import POLICY_CONTROL, POLICY_READ, Caller, async_caller_of
from ..intake.understanding import GivenReading
from ..messages.errors import broken, refuse
from ..runtime import NkConfigEntry, Runtime


def acting_user() -> str | None:
    """Return the id of the user who has sent the form, None outside a request."""
    request = current_request.get()
    user = None if request is None else request.get("hass_user")
    return None if user is None else str(user.id)


@dataclass(frozen=True, slots=True)
class FormSession:
    """A loaded house and who acts on it, as the services for readings want them."""

    runtime: Runtime
    caller: Caller

    def seen(self, meter_id: str) -> Meter:
        """Return a meter that is read; raises Unauthorized for whom it is hidden."""
        return self._meter(meter_id, POLICY_READ)

    def controlled(self, meter_id: str) -> Meter:
        """Return a meter; raises Unauthorized for who may not enter its readings."""
        return self._meter(meter_id, POLICY_CONTROL)

    async def async_enter(
        self, meter_id: str, given: GivenReading, *, confirmed: bool
    ) -> None:
        """Keep a reading of a meter; what does not fit has to be confirmed."""
        new = await self.runtime.desk.async_understand(self.controlled(meter_id), given)
        await self.runtime.desk.async_add_all([new], self.caller, confirmed=confirmed)

    def _meter(self, meter_id: str, policy: str) -> Meter:
        meter = self.runtime.loaded.physical.get(meter_id.lower())
        if meter is None:
            raise refuse("unknown_meter_named", meter=meter_id.lower())
        self.caller.demand(policy, [meter.key])
        return meter


async def async_session(hass: HomeAssistant, entry: NkConfigEntry) -> FormSession:
    """Return the session of the form that is being sent.

    Raises HomeAssistantError while the house is not loaded: nothing was done then.
    """
    if entry.state is not ConfigEntryState.LOADED and entry.setup_lock.locked():
        raise broken("house_reloading")
    loaded: NkConfigEntry = async_get_config_entry(hass, DOMAIN, entry.entry_id)
    caller = await async_caller_of(hass, Context(user_id=acting_user()))
    return FormSession(loaded.runtime_data, caller)


async def async_administration(
    hass: HomeAssistant, entry: NkConfigEntry
) -> FormSession:
    """Return the session of an administrator; raises Unauthorized for others."""
    session = await async_session(hass, entry)
    session.caller.demand_administrator()
    return session

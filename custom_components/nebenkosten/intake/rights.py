"""Whose calls are answered: Home Assistant's own permissions, meter by meter."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..const import DOMAIN
from ..engine.domain.meters import AnyMeter

__all__ = ["POLICY_CONTROL", "POLICY_READ", "Caller", "async_caller", "async_caller_of"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls an action; without a user it is an automation, which may do all."""

    hass: HomeAssistant
    context: Context
    user: User | None

    @property
    def user_id(self) -> str | None:
        """Return the id that the journal keeps."""
        return None if self.user is None else self.user.id

    @property
    def is_administrator(self) -> bool:
        """Return whether what was said before may be changed."""
        return self.user is None or self.user.is_admin

    def may(self, policy: str, identifier: str) -> bool:
        """Return whether an entity of a device is open to the user.

        `identifier` is a meter's key, or the entry's id for the house itself.
        """
        if self.user is None or self.user.is_admin:
            return True
        permissions = self.user.permissions
        if permissions.access_all_entities(policy):
            return True
        found = dr.async_get(self.hass).async_get_devices(
            identifiers={(DOMAIN, identifier)}
        )
        return any(
            permissions.check_entity(entity.entity_id, policy)
            for device in found
            for entity in er.async_entries_for_device(
                er.async_get(self.hass), device.id, include_disabled_entities=True
            )
        )

    def demand(self, policy: str, identifiers: Iterable[str]) -> None:
        """Raise Unauthorized unless all of these devices are open to the user."""
        for one in identifiers:
            if not self.may(policy, one):
                raise Unauthorized(context=self.context, permission=policy)

    def demand_administrator(self) -> None:
        """Raise Unauthorized for a user who may not change what was said before."""
        if not self.is_administrator:
            raise Unauthorized(context=self.context)

    def only[M: AnyMeter](self, policy: str, meters: Sequence[M]) -> Sequence[M]:
        """Return the meters open to the user; raises Unauthorized if none is."""
        found = [meter for meter in meters if self.may(policy, meter.key)]
        if meters and not found:
            raise Unauthorized(context=self.context, permission=policy)
        return found


async def async_caller(hass: HomeAssistant, call: ServiceCall) -> Caller:
    """Return who calls an action; raises UnknownUser for one that is gone."""
    return await async_caller_of(hass, call.context)


async def async_caller_of(hass: HomeAssistant, context: Context) -> Caller:
    """Return who acts in a context; raises UnknownUser for one that is gone."""
    user_id = context.user_id
    user = await hass.auth.async_get_user(user_id) if user_id else None
    if user_id and user is None:
        raise UnknownUser(context=context)
    return Caller(hass, context, user)

"""The source that reads an entity: its states, and the statistics made of them."""

from collections.abc import Sequence
from typing import Final

from homeassistant.components.recorder.entity_options import is_entity_recorded
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.selector import ObjectSelectorField

from ..const import DOMAIN
from .descriptor import Access, CheckedSource, SourceDescriptor, SourceError
from .recorder import RecorderSource

KIND: Final = "entity"

_DOMAINS: Final = ("sensor", "input_number", "number")


async def _async_offer(
    _hass: HomeAssistant, _entry: ConfigEntry, _chosen: Sequence[str]
) -> ObjectSelectorField:
    helpers = {"filter": [{"domain": list(_DOMAINS)}]}
    return {"selector": {"entity": helpers}}


async def async_check(hass: HomeAssistant, entity_id: str) -> CheckedSource:
    """Return the unit of an entity; raises SourceError for one that is no dial's."""
    entry = er.async_get(hass).async_get(entity_id)
    if entry is not None and entry.platform == DOMAIN:
        raise SourceError("source_is_ours", entity_id)
    if entity_id.split(".", maxsplit=1)[0] not in _DOMAINS:
        raise SourceError("source_wrong_kind", entity_id)
    state = hass.states.get(entity_id)
    if state is None:
        raise SourceError("source_unknown", entity_id)
    if not is_entity_recorded(hass, entity_id):
        raise SourceError("source_not_recorded", entity_id)
    return CheckedSource(KIND, state.attributes.get(ATTR_UNIT_OF_MEASUREMENT))


def _open(access: Access) -> RecorderSource:
    return RecorderSource(access.hass, with_states=True)


def _is_dense(entity_id: str) -> bool:
    """Return whether it is a sensor: helpers are typed in by hand."""
    return entity_id.startswith("sensor.")


def _itself(entity_id: str) -> str:
    return entity_id


ENTITY: Final = SourceDescriptor(
    kind=KIND,
    column="entity",
    async_offer=_async_offer,
    async_check=async_check,
    open=_open,
    is_dense=_is_dense,
    entity_of=_itself,
)

"""Problems of the house's definitions, alone and with what they refer to."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er

from ..engine.domain.meters import House
from ..engine.domain.report import Severity
from ..engine.domain.validation import Check, Problem, problems
from ..sources.registry import entity_of
from .identities import collisions


def house_problems(hass: HomeAssistant, house: House) -> list[Problem]:
    """Return what meters cannot be as they are defined, and sources that are gone."""
    return [*problems(house), *collisions(house), *_lost_entities(hass, house)]


def _lost_entities(hass: HomeAssistant, house: House) -> list[Problem]:
    """Return the sensors that neither have a state nor are known any more."""
    registry = er.async_get(hass)
    return [
        Problem(
            code=Check.SOURCE_GONE,
            severity=Severity.WARNING,
            meter_id=meter.meter_id,
            data={"source": source.reference},
        )
        for meter in house.meters
        if meter.last_day is None
        for source in meter.sources
        if source.valid_to is None
        and (entity_id := entity_of(source)) is not None
        and hass.states.get(entity_id) is None
        and registry.async_get(entity_id) is None
    ]

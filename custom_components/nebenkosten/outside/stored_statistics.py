"""Long-term statistics as they are stored, whatever unit somebody likes to see.

Unless told otherwise the recorder answers in the unit that a sensor's state has now,
which is the user's choice and may change at any time.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from homeassistant.components.recorder.statistics import (
    UNIT_CLASS_TO_UNIT_CONVERTER,
    StatisticsRow,
    get_metadata,
    statistics_during_period,
)
from homeassistant.core import HomeAssistant

type Column = Literal["mean", "sum", "state"]

_CLASSES: Final = tuple(filter(None, UNIT_CLASS_TO_UNIT_CONVERTER))


@dataclass(frozen=True, slots=True)
class Heading:
    """What a statistic is called and counts; `unit` is that of its stored rows."""

    name: str | None
    unit: str | None
    has_sum: bool


def heading(hass: HomeAssistant, statistic_id: str) -> Heading | None:
    """Return a statistic's heading, None for one that does not exist; blocks."""
    known = get_metadata(hass, statistic_ids={statistic_id}).get(statistic_id)
    if known is None:
        return None
    metadata = known[1]
    return Heading(
        metadata["name"], metadata["unit_of_measurement"], bool(metadata["has_sum"])
    )


def hours(
    hass: HomeAssistant,
    statistic_id: str,
    unit: str | None,
    since: float,
    columns: AbstractSet[Column],
) -> list[StatisticsRow]:
    """Return the hours from an instant [epoch s] on, in the heading's unit; blocks."""
    # The recorder converts nothing into what is no unit of the statistic's class.
    units = dict.fromkeys(_CLASSES, unit or "")
    return statistics_during_period(
        hass,
        datetime.fromtimestamp(since, UTC),
        None,
        {statistic_id},
        "hour",
        units,
        {*columns},
    ).get(statistic_id, [])

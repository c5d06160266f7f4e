"""Lets a sensor's statistics hold what was measured, hour by hour.

The recorder sees a sensor only while Home Assistant runs, and later than it was
measured; in an outage it sees the last value go on.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from statistics import fmean
from typing import Final, Protocol

from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import TemperatureConverter

from ..outside.deadline import async_ask_recorder
from ..outside.stored_statistics import heading, hours

_HOUR: Final = 3600
# The recorder itself writes the hours that have just passed.
_YOUNG: Final = timedelta(hours=2)
# Two means that differ by less are the same [°C or °F].
_SAME: Final = 1e-6


class Measured(Protocol):
    """A temperature [°C] at an instant [epoch s]."""

    @property
    def instant(self) -> float:
        """Return when it was measured."""

    @property
    def value(self) -> float:
        """Return what was measured."""


async def async_record(
    hass: HomeAssistant, entity_id: str, rows: Sequence[Measured]
) -> None:
    """Write the hours that have no statistics, or other ones than was measured.

    `rows` come in order of time, without a gap where something was measured. A
    statistic keeps the unit that it has. Raises OutOfReachError.
    """
    measured = dict(_by_hour(rows))
    if not measured:
        return
    state = hass.states.get(entity_id)
    shown = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT) if state else None
    unit, known = await async_ask_recorder(
        hass, _known, hass, entity_id, float(min(measured))
    )
    unit = unit or shown or UnitOfTemperature.CELSIUS
    if unit not in TemperatureConverter.VALID_UNITS:
        return
    convert = TemperatureConverter.converter_factory(UnitOfTemperature.CELSIUS, unit)
    # What the page no longer shows whole says less than what the recorder saw.
    cut = int(rows[0].instant // _HOUR) * _HOUR if rows[0].instant % _HOUR else None
    wrong = [
        _data(hour, [convert(value) for value in values])
        for hour, values in measured.items()
        if (mean := known.get(hour)) is None
        or (hour != cut and abs(convert(fmean(values)) - mean) > _SAME)
    ]
    if wrong:
        async_import_statistics(hass, _metadata(entity_id, unit), wrong)


def _by_hour(rows: Sequence[Measured]) -> Iterator[tuple[int, list[float]]]:
    """Yield the begin [epoch s] of each hour that is over for long, and its values."""
    latest = (dt_util.utcnow() - _YOUNG).timestamp()
    for hour, members in groupby(rows, lambda row: int(row.instant // _HOUR)):
        if (hour + 1) * _HOUR <= latest:
            yield hour * _HOUR, [row.value for row in members]


def _known(
    hass: HomeAssistant, entity_id: str, since: float
) -> tuple[str | None, dict[int, float]]:
    """Return a statistic's unit and its hours' means by their begin; blocks."""
    found = heading(hass, entity_id)
    if found is None:
        return None, {}
    rows = hours(hass, entity_id, found.unit, since, {"mean"})
    means = ((int(row["start"]), row.get("mean")) for row in rows)
    return found.unit, {start: mean for start, mean in means if mean is not None}


def _data(hour: int, values: Sequence[float]) -> StatisticData:
    return StatisticData(
        start=datetime.fromtimestamp(hour, UTC),
        mean=fmean(values),
        min=min(values),
        max=max(values),
    )


def _metadata(entity_id: str, unit: str) -> StatisticMetaData:
    return StatisticMetaData(
        mean_type=StatisticMeanType.ARITHMETIC,
        has_sum=False,
        name=None,
        source="recorder",
        statistic_id=entity_id,
        unit_class="temperature",
        unit_of_measurement=unit,
    )

"""Fills the hours of a sensor's statistics that the recorder could not see."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from statistics import fmean
from typing import Final, Protocol

from homeassistant.components.recorder.models import (
    StatisticData,
    StatisticMeanType,
    StatisticMetaData,
)
from homeassistant.components.recorder.statistics import (
    async_import_statistics,
    statistics_during_period,
)
from homeassistant.const import UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util

_HOUR: Final = 3600
# The recorder itself writes the hours that have just passed.
_YOUNG: Final = timedelta(hours=2)


class Measured(Protocol):
    """A temperature [°C] at an instant [epoch s]."""

    @property
    def instant(self) -> float:
        """Return when it was measured."""

    @property
    def value(self) -> float:
        """Return what was measured."""


async def async_fill_gaps(
    hass: HomeAssistant, entity_id: str, rows: Sequence[Measured]
) -> None:
    """Add the hours that have no statistics yet; rows come in order of time."""
    latest = (dt_util.utcnow() - _YOUNG).timestamp()
    hours = {
        hour * _HOUR: [row.value for row in members]
        for hour, members in groupby(rows, lambda row: int(row.instant // _HOUR))
        if (hour + 1) * _HOUR <= latest
    }
    if not hours:
        return
    known = await get_instance(hass).async_add_executor_job(
        statistics_during_period,
        hass,
        datetime.fromtimestamp(min(hours), UTC),
        None,
        {entity_id},
        "hour",
        None,
        {"mean"},
    )
    taken = {int(row["start"]) for row in known.get(entity_id, [])}
    missing = [
        StatisticData(
            start=datetime.fromtimestamp(hour, UTC),
            mean=fmean(values),
            min=min(values),
            max=max(values),
        )
        for hour, values in hours.items()
        if hour not in taken
    ]
    if missing:
        async_import_statistics(hass, _metadata(entity_id), missing)


def _metadata(entity_id: str) -> StatisticMetaData:
    return StatisticMetaData(
        mean_type=StatisticMeanType.ARITHMETIC,
        has_sum=False,
        name=None,
        source="recorder",
        statistic_id=entity_id,
        unit_class="temperature",
        unit_of_measurement=UnitOfTemperature.CELSIUS,
    )

"""The source that reads a statistic which another integration keeps."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from homeassistant.components.recorder.statistics import get_metadata
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import ObjectSelectorField

from ..const import DOMAIN
from ..outside import OutOfReachError
from ..outside.deadline import async_ask_recorder
from . import entity
from .descriptor import Access, CheckedSource, SourceDescriptor, SourceError
from .recorder import RecorderSource

KIND: Final = "statistic"


async def _async_offer(
    _hass: HomeAssistant, _entry: ConfigEntry, _chosen: Sequence[str]
) -> ObjectSelectorField:
    return {"selector": {"statistic": {}}}


async def _async_check(hass: HomeAssistant, statistic_id: str) -> CheckedSource:
    # A sensor's own statistic has no colon: its states belong to it too.
    if ":" not in statistic_id:
        return await entity.async_check(hass, statistic_id)
    if statistic_id.startswith(f"{DOMAIN}:"):
        raise SourceError("source_is_ours", statistic_id)
    find = partial(get_metadata, hass, statistic_ids={statistic_id})
    try:
        known = await async_ask_recorder(hass, find)
    except OutOfReachError as error:
        raise SourceError("recorder_out_of_reach", statistic_id) from error
    if statistic_id not in known:
        raise SourceError("source_unknown", statistic_id)
    metadata = known[statistic_id][1]
    if not metadata["has_sum"]:
        raise SourceError("source_no_sum", statistic_id)
    return CheckedSource(KIND, metadata["unit_of_measurement"])


def _open(access: Access) -> RecorderSource:
    return RecorderSource(access.hass, with_states=False)


STATISTIC: Final = SourceDescriptor(
    kind=KIND,
    column="statistic",
    async_offer=_async_offer,
    async_check=_async_check,
    open=_open,
)

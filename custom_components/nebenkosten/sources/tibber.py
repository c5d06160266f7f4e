"""The source that reads the hours of a home from Tibber, with their cost.

A reference is `<home>/consumption` or `<home>/production`. An hour that Tibber does not
know yet is null there, and nothing here.
"""

from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
import math
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import ObjectSelectorField, SelectOptionDict

from ..const import CONF_TIBBER
from ..engine.domain.meters import SourceRef
from ..outside import OutsideError
from .collected import Amount, Collected
from .descriptor import (
    Access,
    Cadence,
    CheckedSource,
    SourceDescriptor,
    SourceError,
    listed,
)
from .tibber_api import (
    CONSUMPTION,
    HOURS,
    PRODUCTION,
    AsksTibber,
    TibberError,
    async_homes,
)

KIND: Final = "tibber"
UNIT: Final = "kWh"

_DAY: Final = 86400.0
# Grid operators correct hours for about a month.
_REREAD: Final = 30 * _DAY
_PAGE: Final = 744
_MARKS: Final = {CONSUMPTION: "→ ⌂", PRODUCTION: "⌂ →"}


class TibberSource:
    """Hours of the homes of one token."""

    def __init__(self, tibber: AsksTibber) -> None:
        """Ask by one client."""
        self._tibber = tibber

    async def async_read(
        self, source: SourceRef, since: float | None, now: float
    ) -> AsyncIterator[Collected]:
        """Yield what is known, page by page; raises OutOfReachError."""
        home, _, direction = source.reference.partition("/")
        begin = (now if since is None else since) - _REREAD
        # A cursor is a day; one more lets no time zone cut its first hours.
        day = datetime.fromtimestamp(begin, UTC) - timedelta(days=1)
        after: str | None = b64encode(f"{day:%Y-%m-%d}".encode()).decode()
        while after is not None:
            amounts, following = await self._tibber.async_ask(
                HOURS[direction],
                {"home": home, "first": _PAGE, "after": after},
                partial(_page, direction),
            )
            known = [one for one in amounts if one.end <= now]
            if known:
                yield Collected(
                    samples=(),
                    amounts=tuple(known),
                    amount_unit=UNIT,
                    until=known[-1].end,
                )
            after = following if following != after else None


def _page(direction: str, data: Mapping[str, Any]) -> tuple[list[Amount], str | None]:
    """Return a page's known hours and where the next page begins."""
    try:
        home = data["viewer"]["home"]
        if home is None:
            raise TibberError("place", "the home is gone")
        # A home without a meter has none.
        page = home[direction]
        if page is None:
            return [], None
        amounts = [
            amount
            for node in page["nodes"] or ()
            if node is not None and (amount := _amount(node)) is not None
        ]
        info = page["pageInfo"]
        return amounts, info["endCursor"] if info["hasNextPage"] else None
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TibberError("answer", repr(error)) from error


def _amount(node: Mapping[str, Any]) -> Amount | None:
    if node["quantity"] is None:
        return None
    value = float(node["quantity"])
    if not math.isfinite(value):
        raise ValueError(f"{value} is no quantity")
    return Amount(
        start=datetime.fromisoformat(node["from"]).timestamp(),
        end=datetime.fromisoformat(node["to"]).timestamp(),
        value=value,
        cost=_number(node["cost"]),
        unit_price=_number(node["unitPrice"]),
        vat=_number(node["unitPriceVAT"]),
    )


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


async def _async_offer(
    hass: HomeAssistant, entry: ConfigEntry, chosen: Sequence[str]
) -> ObjectSelectorField | None:
    return listed(await _async_directions(hass, entry), chosen)


async def _async_directions(
    hass: HomeAssistant, entry: ConfigEntry
) -> list[SelectOptionDict]:
    """Return the homes, each way; none while Tibber is out of reach."""
    given = entry.data.get(CONF_TIBBER)
    if not given:
        return []
    try:
        homes = await async_homes(hass, given["token"])
    except OutsideError:
        return []
    return [
        SelectOptionDict(
            value=f"{home.home_id}/{direction}", label=f"{home.name} {mark}"
        )
        for home in homes
        for direction, mark in _MARKS.items()
    ]


async def _async_check(_hass: HomeAssistant, reference: str) -> CheckedSource:
    if reference.partition("/")[2] not in HOURS:
        raise SourceError("source_unknown", reference)
    return CheckedSource(KIND, UNIT)


def _open(access: Access) -> TibberSource | None:
    return None if access.tibber is None else TibberSource(access.tibber)


def _is_consumption(reference: str) -> bool:
    return reference.endswith(f"/{CONSUMPTION}")


TIBBER: Final = SourceDescriptor(
    kind=KIND,
    column="tibber",
    async_offer=_async_offer,
    async_check=_async_check,
    open=_open,
    cadence=Cadence.ANNOUNCED,
    is_passed_on=_is_consumption,
)

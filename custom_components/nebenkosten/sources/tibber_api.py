"""The client of Tibber: its queries, and what their answers say.

https://developer.tibber.com/docs/reference describes the interface.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
import json
from typing import Any, Final, Protocol

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession

from ..outside import OutsideError, hiding, seconds_to_wait
from ..outside.answer import async_content

API: Final = "https://api.tibber.com/v1-beta/gql"
CONSUMPTION: Final = "consumption"
PRODUCTION: Final = "production"

_TIMEOUT: Final = aiohttp.ClientTimeout(total=30)
# A page of hours has a tenth of it.
_LARGEST: Final = 2_000_000

_PRICE: Final = "{ total energy tax currency startsAt }"
HOMES: Final = f"""query Homes {{ viewer {{ homes {{
  id appNickname address {{ address1 city }}
  currentSubscription {{
    priceInfo {{ current {_PRICE} today {_PRICE} tomorrow {_PRICE} }}
  }}
}} }} }}"""
HOURS: Final = {
    CONSUMPTION: """query Consumption($home: ID!, $first: Int!, $after: String) {
  viewer { home(id: $home) {
    consumption(resolution: HOURLY, first: $first, after: $after) {
      pageInfo { endCursor hasNextPage }
      nodes { from to cost unitPrice unitPriceVAT quantity: consumption }
    }
  } }
}""",
    PRODUCTION: """query Production($home: ID!, $first: Int!, $after: String) {
  viewer { home(id: $home) {
    production(resolution: HOURLY, first: $first, after: $after) {
      pageInfo { endCursor hasNextPage }
      nodes { from to cost: profit unitPrice unitPriceVAT quantity: production }
    }
  } }
}""",
}


class TibberError(OutsideError):
    """Tibber does not do what was asked.

    Its keys: `address`, `silent`, `credentials`, `busy`, `server`, `answer`, `place` (a
    home that is gone) and `refused`.
    """


@dataclass(frozen=True, slots=True)
class Price:
    """What a kWh costs from an instant on [epoch s], all included."""

    start: float
    total: float


@dataclass(frozen=True, slots=True)
class Home:
    """A home with the prices of today and tomorrow, as far as they are known."""

    home_id: str
    name: str
    currency: str | None
    prices: tuple[Price, ...]

    def price_at(self, instant: float) -> Price | None:
        """Return the price that holds at an instant [epoch s]."""
        begun = [price for price in self.prices if price.start <= instant]
        latest = max(begun, key=lambda price: price.start, default=None)
        # The last one known holds for its hour only.
        return latest if latest and instant < latest.start + 3600 else None


class AsksTibber(Protocol):
    """Somebody who may be asked to ask Tibber."""

    async def async_ask[R](
        self,
        document: str,
        variables: Mapping[str, object],
        understand: Callable[[Mapping[str, Any]], R],
    ) -> R:
        """Return what is understood of the answer; raises OutOfReachError."""


async def async_query(
    session: aiohttp.ClientSession,
    token: str,
    document: str,
    variables: Mapping[str, object],
) -> dict[str, Any]:
    """Return the data that Tibber answers with; raises TibberError."""
    with hiding((token,)):
        return _data(await _async_answer(session, token, document, variables))


async def _async_answer(
    session: aiohttp.ClientSession,
    token: str,
    document: str,
    variables: Mapping[str, object],
) -> object:
    try:
        async with session.post(
            API,
            json={"query": document, "variables": dict(variables)},
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT,
        ) as response:
            _check(response)
            content = await async_content(response, _LARGEST)
        if content is None:
            raise TibberError("answer", f"> {_LARGEST // 1_000_000} MB")
        answer: object = json.loads(content)
    except TimeoutError as error:
        raise TibberError("silent", repr(error)) from error
    except aiohttp.ClientError as error:
        raise TibberError("address", str(error)) from error
    except (ValueError, RecursionError) as error:
        raise TibberError("answer", str(error)) from error
    return answer


def _check(response: aiohttp.ClientResponse) -> None:
    status = response.status
    if status == 401:
        raise TibberError("credentials", str(status))
    if status == 429:
        after = seconds_to_wait(response.headers.get("Retry-After"))
        raise TibberError("busy", str(status), after or 60.0)
    if status >= 500:
        raise TibberError("server", str(status))
    if status not in (200, 400):
        raise TibberError("refused", str(status))


def _data(answer: object) -> dict[str, Any]:
    """Return an answer's data; the errors in it name what is wrong."""
    if not isinstance(answer, dict):
        raise TibberError("answer", "no object")
    for error in answer.get("errors") or ():
        if not isinstance(error, dict):
            raise TibberError("answer", "no error")
        code = (error.get("extensions") or {}).get("code")
        key = "credentials" if code == "UNAUTHENTICATED" else "refused"
        raise TibberError(key, str(error.get("message")))
    data = answer.get("data")
    if not isinstance(data, dict):
        raise TibberError("answer", "no data")
    return data


def homes_from(data: Mapping[str, Any]) -> list[Home]:
    """Return the homes of an answer to `HOMES`; raises TibberError."""
    try:
        return [_home(home) for home in data["viewer"]["homes"] if home]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TibberError("answer", repr(error)) from error


def _home(home: Mapping[str, Any]) -> Home:
    address = home["address"] or {}
    subscription = home["currentSubscription"] or {}
    info = subscription.get("priceInfo") or {}
    given = [*(info.get("today") or ()), *(info.get("tomorrow") or ())]
    if not given and info.get("current"):
        given = [info["current"]]
    street = ", ".join(filter(None, (address.get("address1"), address.get("city"))))
    return Home(
        home_id=str(home["id"]),
        name=home["appNickname"] or street or str(home["id"]),
        currency=next((price["currency"] for price in given), None),
        prices=tuple(
            Price(datetime.fromisoformat(price["startsAt"]).timestamp(), price["total"])
            for price in given
            if price["total"] is not None
        ),
    )


async def async_homes(hass: HomeAssistant, token: str) -> list[Home]:
    """Ask Tibber for the homes of a token; raises TibberError."""
    session = async_get_clientsession(hass)
    with hiding((token,)):
        return homes_from(await async_query(session, token, HOMES, {}))

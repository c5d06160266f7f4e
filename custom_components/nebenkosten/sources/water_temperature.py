"""Water temperatures of rivers and lakes by the pages of Bavaria's gauging services.

The page holds a table of local times and temperatures; it has had several forms. All
its rows count, the newest one first or last.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
import re
from typing import Final
from zoneinfo import ZoneInfo

import aiohttp

from ..outside import OutsideError, hiding, seconds_to_wait
from ..outside.address import is_web_address
from ..outside.answer import async_content
from ..outside.redaction import secrets_in
from .page_tables import Cells, Table, tables_of

# The services write Bavarian clock times, wherever the house stands.
ZONE: Final = ZoneInfo("Europe/Berlin")
STATIONS: Final = {
    "schliersee": "https://www.nid.bayern.de/wassertemperatur/inn/schliersee-18222008",
    "tegernsee": (
        "https://www.nid.bayern.de/wassertemperatur/inn/gmund_tegernsee-18201303"
    ),
    "isar": "https://www.nid.bayern.de/wassertemperatur/isar/muenchen-16005701",
}

_TIMEOUT: Final = aiohttp.ClientTimeout(total=20)
_LARGEST: Final = 300_000
_YEARS: Final = range(1990, 2100)
# Water that is no ice and no steam; services write -777 and the like for "unknown".
_POSSIBLE: Final = (-5.0, 45.0)

_MOMENT: Final = re.compile(
    r"(?P<d>\d{1,2})\.\s?(?P<m>\d{1,2})\.\s?(?P<y>\d{4})\D{0,6}?"
    r"(?P<H>\d{1,2})[:.](?P<M>\d{2})(?::(?P<S>\d{2}))?(?!\d)"
    r"|(?P<y2>\d{4})-(?P<m2>\d{2})-(?P<d2>\d{2})[T ]"
    r"(?P<H2>\d{2}):(?P<M2>\d{2})(?::(?P<S2>\d{2}))?(?!\d)",
    re.ASCII,
)
_NUMBER: Final = re.compile(
    r"\s*([-+−–]?)\s?(\d{1,4}(?:[.,]\d+)?)\s*(?:°\s?C?)?\s*", re.ASCII
)
_EXPECTED: Final = "a table with rows of date, time and temperature"


class WaterError(OutsideError):
    """A page that gives no temperatures.

    Its keys: `address`, `silent`, `busy`, `server`, `place` (no such page), `refused`
    and `page` (it has another form).
    """


@dataclass(frozen=True, slots=True)
class TemperatureRow:
    """A temperature [°C] at an instant [epoch s]."""

    instant: float
    value: float


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of a page, in order of time, and what tells whether it has changed."""

    rows: tuple[TemperatureRow, ...]
    etag: str | None = None
    modified: str | None = None


async def async_fetch(
    session: aiohttp.ClientSession,
    url: str,
    etag: str | None = None,
    modified: str | None = None,
) -> Page | None:
    """Return the page, None when it has not changed; raises WaterError."""
    with hiding(secrets_in(url)):
        if not is_web_address(url):
            raise WaterError("address", url)
        return await _async_fetch(session, url, etag, modified)


async def _async_fetch(
    session: aiohttp.ClientSession, url: str, etag: str | None, modified: str | None
) -> Page | None:
    headers = {"If-None-Match": etag, "If-Modified-Since": modified}
    try:
        async with session.get(
            url,
            headers={key: value for key, value in headers.items() if value},
            timeout=_TIMEOUT,
        ) as response:
            if response.status == 304:
                return None
            _check(response)
            content = await async_content(response, _LARGEST)
            charset = response.charset
    except TimeoutError as error:
        raise WaterError("silent", repr(error)) from error
    except (aiohttp.ClientError, ValueError) as error:
        raise WaterError("address", str(error)) from error
    if content is None:
        raise _no_table(f"> {_LARGEST // 1000} kB")
    html = _decoded(content, charset)
    # Even where nothing hostile stands in it, a long page would hold others up.
    rows = await asyncio.get_running_loop().run_in_executor(None, parse, html)
    return Page(
        tuple(rows),
        response.headers.get("ETag"),
        response.headers.get("Last-Modified"),
    )


def _decoded(content: bytes, charset: str | None) -> str:
    """Return a page's text; one that does not say how it is written tells by itself."""
    for encoding in (charset or "utf-8", "utf-8"):
        try:
            return content.decode(encoding)
        except LookupError, UnicodeError:
            continue
    return content.decode("cp1252", errors="replace")


def _check(response: aiohttp.ClientResponse) -> None:
    status = response.status
    if status in (404, 410):
        raise WaterError("place", str(status))
    if status == 429:
        after = seconds_to_wait(response.headers.get("Retry-After"))
        raise WaterError("busy", str(status), after or 3600.0)
    if status >= 500:
        raise WaterError("server", str(status))
    if status != 200:
        raise WaterError("refused", str(status))


def parse(html: str) -> list[TemperatureRow]:
    """Return the rows of a page in order of time; raises WaterError("page")."""
    tables = tables_of(html)
    for table in tables:
        given = [found for cells in table if (found := _understood(cells)) is not None]
        if given:
            return _in_order(given)
    raise _no_table(_summary(tables))


def _no_table(found: str) -> WaterError:
    return WaterError("page", placeholders={"expected": _EXPECTED, "found": found})


def _understood(cells: Cells) -> tuple[datetime, float | None] | None:
    """Return local time and temperature of a row; None for one without a time."""
    for number in range(len(cells)):
        # Date and time may have a column each.
        for width in (1, 2):
            match = _MOMENT.search(" ".join(cells[number : number + width]))
            moment = _moment(match) if match else None
            if moment is not None:
                return moment, _temperature(cells[number + width :])
    return None


def _moment(match: re.Match[str]) -> datetime | None:
    """Return the local time that was written, None for one that cannot be."""
    parts = match.groupdict()
    suffix = "" if parts["y"] else "2"
    year, month, day, hour, minute = (int(parts[key + suffix]) for key in "ymdHM")
    second = int(parts["S" + suffix] or 0)
    if year not in _YEARS:
        return None
    try:
        # Some write the day's end as its twenty-fourth hour: nothing is guessed.
        return datetime(year, month, day, hour, minute, second, tzinfo=ZONE)
    except ValueError:
        return None


def _temperature(cells: Sequence[str]) -> float | None:
    """Return the first number of the cells that follow the time."""
    for cell in cells:
        match = _NUMBER.fullmatch(cell)
        if match is not None:
            value = float(match[2].replace(",", "."))
            value = value if match[1] in ("", "+") else -value
            return value if _POSSIBLE[0] <= value <= _POSSIBLE[1] else None
        if cell.strip():
            # A dash or a word: the service has no value.
            return None
    return None


def _in_order(given: list[tuple[datetime, float | None]]) -> list[TemperatureRow]:
    """Return rows with their instants; the order tells the hour that comes twice."""
    falls = sum(later[0] < earlier[0] for earlier, later in pairwise(given))
    if falls * 2 > len(given) - 1:
        given.reverse()
    rows: dict[float, TemperatureRow] = {}
    last = float("-inf")
    for moment, value in given:
        instant = moment.timestamp()
        second_time = moment.replace(fold=1).timestamp()
        if instant <= last < second_time:
            instant = second_time
        if _exists(moment):
            last = max(last, instant)
            if value is not None:
                rows[instant] = TemperatureRow(instant, value)
    return [rows[instant] for instant in sorted(rows)]


def _exists(moment: datetime) -> bool:
    """Return whether the clock ever showed this time: in spring an hour is left out."""
    back = datetime.fromtimestamp(moment.timestamp(), ZONE)
    return back.replace(tzinfo=None, fold=0) == moment.replace(tzinfo=None, fold=0)


def _summary(tables: Sequence[Table]) -> str:
    """Return what was found instead, in a few words."""
    if not tables:
        return "no table"
    largest = max(tables, key=len)
    head = " | ".join(largest[0]) if largest else ""
    return f"{len(tables)} × table, {len(largest)} × row: {head}"

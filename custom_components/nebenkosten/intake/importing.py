"""The import of a file of readings, with what is said of its rows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from homeassistant.core import HomeAssistant

from ..analysis.loaded_house import LoadedHouse
from ..const import SOURCE_IMPORT
from ..engine.domain.meters import Meter
from ..journal import readings
from ..journal.records import Added, NewReading
from ..messages.errors import async_in_journal, refuse
from ..messages.texts import Sentences
from .csv_readings import parse, parse_content
from .entering import async_doubtful, in_words
from .file_access import read_file
from .reading_cells import RowContext
from .reading_rows import Parsed
from .rights import Caller
from .table import FileError
from .text import BareDates
from .understanding import latest_instant

_DOUBTFUL_SHOWN: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenFile:
    """A file of readings as somebody gives it: by its path, or its content."""

    path: str | None = None
    content: str = ""
    bare_dates: BareDates | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulRow:
    """A row that does not fit; `words` fill the sentence about it."""

    meter: Meter
    instant: float
    value: float
    likely: float
    words: Mapping[str, str]


async def async_parsed(
    loaded: LoadedHouse, given: GivenFile, only: Meter | None
) -> Parsed:
    """Return the rows of a file, all of one meter where it names none."""
    expected = RowContext(
        meters=loaded.physical,
        zone=loaded.zone,
        latest=latest_instant(loaded.zone),
        only_meter=only,
        bare_dates=given.bare_dates,
    )
    return await loaded.hass.async_add_executor_job(
        _parsed, loaded.hass, given, expected
    )


def _parsed(hass: HomeAssistant, given: GivenFile, expected: RowContext) -> Parsed:
    try:
        if given.path is not None:
            return parse_content(read_file(hass, given.path), expected)
        return parse(given.content, expected)
    except FileError as error:
        raise refuse(error.key, column=error.column) from error


async def async_keep(
    loaded: LoadedHouse, parsed: Parsed, sentences: Sentences, caller: Caller
) -> Added:
    """Keep the rows of a file, all or none: one that cannot be read refuses it."""
    if parsed.rejected:
        first = parsed.rejected[0]
        raise refuse(
            "rows_rejected",
            line=str(first.line),
            column=first.column,
            count=str(len(parsed.rejected)),
            reason=sentences[first.code].format(**first.data),
        )
    return await async_in_journal(
        loaded.hass,
        readings.append,
        loaded.journal.signed(caller.user_id),
        new_readings(parsed),
    )


def new_readings(parsed: Parsed) -> Iterator[NewReading]:
    """Yield a file's rows as readings."""
    for row in parsed.rows:
        yield NewReading(
            meter=row.meter.key,
            instant=row.instant,
            zone=row.zone,
            value_text=row.value_text,
            value=row.value,
            unit=row.unit,
            kind=row.kind,
            source=SOURCE_IMPORT,
            note=row.note,
        )


async def async_doubts(loaded: LoadedHouse, parsed: Parsed) -> list[DoubtfulRow]:
    """Return which rows do not fit the readings around them; they are kept, too."""
    rows: dict[str, list[NewReading]] = defaultdict(list)
    for one in new_readings(parsed):
        rows[one.meter].append(one)
    found: list[DoubtfulRow] = []
    for key, new in rows.items():
        meter = loaded.physical[key]
        found += [
            DoubtfulRow(
                meter=meter,
                instant=doubt.instant,
                value=doubt.value,
                likely=doubt.likely,
                words=in_words(loaded, meter, doubt),
            )
            for doubt in await async_doubtful(loaded, meter, new)
        ]
        if len(found) >= _DOUBTFUL_SHOWN:
            break
    return found[:_DOUBTFUL_SHOWN]

"""The import of a file of readings, with what is said of its rows."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..analysis.loaded_house import LoadedHouse
from ..const import SOURCE_IMPORT
from ..engine.domain.local_days import iso
from ..journal.records import NewReading
from ..messages.errors import refuse
from ..messages.texts import Sentences
from .csv_readings import parse, parse_content
from .entering import (
    async_doubtful,
    in_words,
)
from .file_access import read_file
from .reading_cells import RowContext
from .reading_rows import Parsed
from .table import FileError

_REJECTED_SHOWN: Final = 1_000
_DOUBTFUL_SHOWN: Final = 1_000


def parse_given(
    hass: HomeAssistant, given: dict[str, Any], expected: RowContext
) -> Parsed:
    """Read and parse a file or a text; blocks."""
    try:
        if "path" in given:
            return parse_content(read_file(hass, given["path"]), expected)
        return parse(given.get("content", ""), expected)
    except FileError as error:
        raise refuse(error.key, column=error.column) from error


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


async def async_doubts(
    loaded: LoadedHouse, parsed: Parsed, sentences: Sentences
) -> list[JsonValueType]:
    """Return which rows do not fit the readings around them; they are kept, too."""
    rows: dict[str, list[NewReading]] = defaultdict(list)
    for one in new_readings(parsed):
        rows[one.meter].append(one)
    found: list[JsonValueType] = []
    for key, new in rows.items():
        meter = loaded.physical[key]
        for doubt in await async_doubtful(loaded, meter, new):
            if len(found) == _DOUBTFUL_SHOWN:
                return found
            said = in_words(loaded, meter, doubt)
            found.append(
                {
                    "meter_id": meter.meter_id,
                    "time": iso(doubt.instant, loaded.zone),
                    "value": doubt.value,
                    "likely": doubt.likely,
                    "text": sentences["row_doubtful"].format(**said),
                }
            )
    return found


def report(
    parsed: Parsed,
    sentences: Sentences,
    doubts: list[JsonValueType],
    *,
    imported: int,
    duplicates: int,
) -> JsonObjectType:
    """Return what became of a file's rows."""
    return {
        "accepted": len(parsed.rows),
        "rejected": [
            {
                "line": rejected.line,
                "column": rejected.column,
                "code": rejected.code,
                "cell": rejected.cell,
                "text": sentences[rejected.code].format(**rejected.data),
            }
            for rejected in parsed.rejected[:_REJECTED_SHOWN]
        ],
        "rejected_count": len(parsed.rejected),
        "doubtful": doubts,
        "imported": imported,
        "duplicates": duplicates,
    }

"""How does a file of readings come in, and what is said about its rows?"""

from collections.abc import Iterator
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.util.json import JsonObjectType

from .const import SOURCE_IMPORT
from .errors import refuse
from .file_access import read_file
from .journal.records import NewReading
from .sources.csv_readings import Expectation, Parsed, parse, parse_table
from .sources.table import FileError, table_of
from .texts import Sentences

_REJECTED_SHOWN: Final = 1_000


def parse_given(
    hass: HomeAssistant, given: dict[str, Any], expected: Expectation
) -> Parsed:
    """Read and parse a file or a text; blocks."""
    try:
        if "path" in given:
            return parse_table(table_of(read_file(hass, given["path"])), expected)
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
            value_text=row.number.text,
            value=row.value,
            unit=row.unit,
            kind=row.kind,
            source=SOURCE_IMPORT,
            note=row.note,
        )


def report(
    parsed: Parsed, sentences: Sentences, *, imported: int, duplicates: int
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
        "imported": imported,
        "duplicates": duplicates,
    }

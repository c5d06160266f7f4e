"""The import of a file as automations see it: JSON with a sentence for each bad row."""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from homeassistant.util.json import JsonObjectType

from ..engine.domain.local_days import iso
from ..intake.importing import DoubtfulRow
from ..intake.reading_rows import Parsed, Rejected
from ..journal.records import Added
from ..messages.texts import Sentences

_REJECTED_SHOWN: Final = 1_000


def import_response(
    parsed: Parsed,
    doubts: Sequence[DoubtfulRow],
    sentences: Sentences,
    zone: ZoneInfo,
    added: Added | None,
) -> JsonObjectType:
    """Return what became of a file's rows; without `added` nothing was kept."""
    shown = parsed.rejected[:_REJECTED_SHOWN]
    return {
        "accepted": len(parsed.rows),
        "rejected": [_rejected(one, sentences) for one in shown],
        "rejected_count": len(parsed.rejected),
        "doubtful": [_doubtful(one, sentences, zone) for one in doubts],
        "imported": 0 if added is None else added.new,
        "duplicates": 0 if added is None else added.duplicates,
    }


def _rejected(row: Rejected, sentences: Sentences) -> JsonObjectType:
    return {
        "line": row.line,
        "column": row.column,
        "code": row.code,
        "cell": row.cell,
        "text": sentences[row.code].format(**row.data),
    }


def _doubtful(row: DoubtfulRow, sentences: Sentences, zone: ZoneInfo) -> JsonObjectType:
    return {
        "meter_id": row.meter.meter_id,
        "time": iso(row.instant, zone),
        "value": row.value,
        "likely": row.likely,
        "text": sentences["row_doubtful"].format(**row.words),
    }

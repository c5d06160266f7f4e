"""Definitions of meters as last seen."""

from dataclasses import dataclass
import json

from ..engine.domain.serialization import Plain
from .store import Journal

type Definition = dict[str, Plain]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMeter:
    """A meter as last seen; `kept` once the user said to keep a removed one."""

    definition: Definition
    kept: bool


def known_meters(journal: Journal) -> dict[str, KnownMeter]:
    """Return every meter that the journal holds readings or a definition of."""
    return {
        row["meter"]: KnownMeter(
            definition=json.loads(row["definition"]), kept=bool(row["kept"])
        )
        for row in journal.rows("SELECT * FROM meters")
    }


def remember_meters(journal: Journal, definitions: dict[str, Definition]) -> None:
    """Keep the definitions of meters, by key."""
    journal.run(
        "INSERT INTO meters VALUES (?, ?, 0) ON CONFLICT (meter)"
        " DO UPDATE SET definition = excluded.definition, kept = 0",
        [(key, json.dumps(value)) for key, value in definitions.items()],
    )


def keep_meter(journal: Journal, meter: str) -> None:
    """Keep a removed meter's readings without asking again."""
    journal.run("UPDATE meters SET kept = 1 WHERE meter = ?", [(meter,)])

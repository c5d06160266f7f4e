"""Which meters does the journal know, and how far has each source been read?"""

from dataclasses import dataclass
import json

from .store import Journal, micros, seconds

type Definition = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """How far a source has been read, and since when, in epoch s."""

    since: float
    until: float


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


def collection(journal: Journal, meter: str, source: str) -> Collection | None:
    """Return how far a source has been read for a meter."""
    rows = journal.rows(
        "SELECT since, until FROM collections WHERE meter = ? AND source = ?",
        (meter, source),
    )
    if not rows:
        return None
    return Collection(since=seconds(rows[0]["since"]), until=seconds(rows[0]["until"]))


def collected(
    journal: Journal, meter: str, source: str, *, now: float, until: float
) -> None:
    """Note that a source has been read up to an instant [s]."""
    journal.run(
        "INSERT INTO collections VALUES (?, ?, ?, ?) ON CONFLICT (meter, source)"
        " DO UPDATE SET until = excluded.until",
        [(meter, source, micros(now), micros(until))],
    )

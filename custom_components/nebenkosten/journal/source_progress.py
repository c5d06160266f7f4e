"""How far sources have been read."""

from dataclasses import dataclass

from .store import Journal, micros, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """How far a source has been read, and since when, in epoch s."""

    since: float
    until: float


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

"""Decisions of the user that no file of computed values may lose."""

from dataclasses import asdict, dataclass
import json

from .store import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Whether the house works by itself, and statistics that are not asked about."""

    automatic: bool
    kept_orphans: tuple[str, ...]


def known_decisions(journal: Journal) -> Decisions | None:
    """Return what the user decided; None where an older version kept the journal."""
    for row in journal.rows("SELECT value FROM meta WHERE key = 'decisions'"):
        content = json.loads(row["value"])
        return Decisions(
            automatic=content["automatic"], kept_orphans=tuple(content["kept_orphans"])
        )
    return None


def remember_decisions(journal: Journal, decisions: Decisions) -> None:
    """Keep what the user decided."""
    journal.run(
        "INSERT INTO meta VALUES ('decisions', ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [(json.dumps(asdict(decisions)),)],
    )

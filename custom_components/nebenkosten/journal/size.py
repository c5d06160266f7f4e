"""The journal's size in records and bytes."""

from dataclasses import dataclass

from .store import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Records that are valid, old versions of edited ones, the file's size [bytes]."""

    readings: int
    amounts: int
    edits: int
    file: int


def sizes(journal: Journal) -> Sizes:
    """Count what is there."""
    counts = [
        int(journal.rows(sql)[0][0])
        for sql in (
            "SELECT count(*) FROM readings WHERE NOT deleted",
            "SELECT count(*) FROM amounts WHERE NOT deleted",
            "SELECT count(*) FROM audit",
        )
    ]
    return Sizes(
        readings=counts[0],
        amounts=counts[1],
        edits=counts[2],
        file=journal.path.stat().st_size,
    )

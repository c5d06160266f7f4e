"""The newest instant that a journal knows of, and what the user said of it."""

from .store import Journal, micros, seconds

# Revisions are looked at from the newest on: a clock that is wrong makes a few.
_LOOKED_AT = 10_000
_CONFIRMED = "clock_confirmed_at_revision"


def newest_change(journal: Journal) -> float | None:
    """Return when the newest change was made [epoch s], None in an empty journal.

    Those before the user's last word on the clock do not count.
    """
    (row,) = journal.rows(
        "SELECT max(at) AS at FROM (SELECT at FROM revisions WHERE revision >"
        " coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?), 0)"
        " ORDER BY revision DESC LIMIT ?)",
        (_CONFIRMED, _LOOKED_AT),
    )
    return None if row["at"] is None else seconds(row["at"])


def confirm_clock(journal: Journal, now: float, again_from: float) -> None:
    """Note that the clock is right, whatever the changes made so far say.

    What sources were read up to lies in the future too, then: they are read again from
    an instant [epoch s] on.
    """
    journal.run(
        "INSERT INTO meta SELECT ?, coalesce(max(revision), 0) FROM revisions WHERE 1"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [(_CONFIRMED,)],
    )
    journal.run(
        "UPDATE collections SET until = ? WHERE until > ?",
        [(micros(again_from), micros(now))],
    )

"""A meter's series as the engine needs it, and the stamp of its changes."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import sqlite3
from typing import Any, Final

from ..engine.domain.reading_bounds import EARLIEST, LARGEST, LATEST
from ..engine.domain.report import KINDS, Amounts, Impossible, Readings, Series
from .records import NewReading
from .store import Journal, micros

# What an older version kept and no dial can have shown never reaches the engine.
_SPAN: Final = (micros(EARLIEST), micros(LATEST))
_SHOWN: Final = 40
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_KIND_CODES = {kind.value: code for code, kind in enumerate(KINDS)}


def load(journal: Journal, meter: str) -> Series:
    """Return all that is valid of one meter, as columns."""
    with journal.reading() as connection:
        readings = connection.execute(
            "SELECT id, instant / 1e6, value, kind, revision, unit FROM readings"
            " WHERE meter = ? AND instant BETWEEN ? AND ? AND NOT deleted"
            " AND abs(value) < ? ORDER BY instant",
            (meter, *_SPAN, LARGEST),
        ).fetchall()
        impossible = connection.execute(
            "SELECT id, instant, value_text FROM readings WHERE meter = ?"
            " AND NOT deleted AND NOT (instant BETWEEN ? AND ? AND abs(value) < ?)"
            " ORDER BY id",
            (meter, *_SPAN, LARGEST),
        ).fetchall()
        confirmed = connection.execute(
            "SELECT id FROM readings WHERE meter = ? AND confirmed AND NOT deleted",
            (meter,),
        ).fetchall()
        amounts = connection.execute(
            'SELECT id, start / 1e6, "end" / 1e6, value, revision, unit FROM amounts'
            ' WHERE meter = ? AND NOT deleted AND start >= ? AND "end" <= ?'
            " AND abs(value) < ? ORDER BY start",
            (meter, *_SPAN, LARGEST),
        ).fetchall()
        (lost,) = connection.execute(
            "SELECT count(*) FROM amounts WHERE meter = ? AND NOT deleted"
            ' AND NOT (start >= ? AND "end" <= ? AND abs(value) < ?)',
            (meter, *_SPAN, LARGEST),
        ).fetchone()
    found = replace(
        _readings(readings),
        confirmed=frozenset(int(row[0]) for row in confirmed),
        impossible=tuple(map(_impossible, impossible)),
    )
    return Series(found, replace(_amounts(amounts), impossible=int(lost)))


def _impossible(row: sqlite3.Row) -> Impossible:
    """Return what a record says, as far as a calendar has its time."""
    try:
        at = _EPOCH + timedelta(microseconds=row["instant"])
        said = f"{at:%Y-%m-%d %H:%M}"
    except OverflowError:
        said = f"{row['instant']} µs"
    return Impossible(
        reading_id=int(row["id"]), at=said, value=str(row["value_text"])[:_SHOWN]
    )


def revision(journal: Journal, meter: str) -> int:
    """Return a number that grows whenever something of the meter changes."""
    rows = journal.rows(
        "SELECT max(coalesce((SELECT max(revision) FROM readings WHERE meter = ?), 0),"
        " coalesce((SELECT max(revision) FROM amounts WHERE meter = ?), 0))",
        (meter, meter),
    )
    return int(rows[0][0])


def _readings(rows: list[sqlite3.Row]) -> Readings:
    ids, times, values, kinds, revisions, units = _columns(rows)
    codes, names = _units(units)
    return Readings(
        array("q", ids),
        array("d", times),
        array("d", values),
        array("b", [_KIND_CODES[kind] for kind in kinds]),
        array("q", revisions),
        codes,
        names,
    )


def _amounts(rows: list[sqlite3.Row]) -> Amounts:
    ids, starts, ends, values, revisions, units = _columns(rows)
    codes, names = _units(units)
    return Amounts(
        array("q", ids),
        array("d", starts),
        array("d", ends),
        array("d", values),
        array("q", revisions),
        codes,
        names,
    )


def _columns(rows: list[sqlite3.Row]) -> Iterable[tuple[Any, ...]]:
    return zip(*rows, strict=True) if rows else ((),) * 6


def _units(units: Iterable[str | None]) -> tuple[array[int], tuple[str | None, ...]]:
    names: dict[str | None, int] = {None: 0}
    codes = array("b", [names.setdefault(unit, len(names)) for unit in units])
    return codes, tuple(names)


def with_new(old: Readings, new: Sequence[NewReading]) -> Readings:
    """Return a meter's readings with some more; their ids are negative."""
    names = tuple(dict.fromkeys((*old.unit_names, *(one.unit for one in new))))
    return replace(
        old,
        ids=array("q", [*old.ids, *range(-1, -len(new) - 1, -1)]),
        times=array("d", [*old.times, *(one.instant for one in new)]),
        values=array("d", [*old.values, *(one.value for one in new)]),
        kinds=array("b", [*old.kinds, *(KINDS.index(one.kind) for one in new)]),
        revisions=array("q", [*old.revisions, *(2**62 for _ in new)]),
        units=array("b", [*old.units, *(names.index(one.unit) for one in new)]),
        unit_names=names,
    )

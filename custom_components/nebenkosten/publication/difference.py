"""The difference between what is published and what is true."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
import math
from typing import Final
from zoneinfo import ZoneInfo

from ..engine.domain.report import Rows, known

_RELATIVE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class StatisticRow:
    """One published row: start [epoch s], running sum and dial."""

    start: float
    sum: float
    state: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows to write, from when on others must go first, and instants whose use changed.

    `surplus` is the first published start that is not wanted [epoch s].
    """

    upserts: tuple[StatisticRow, ...]
    surplus: float | None
    changed: tuple[float, ...]


def difference(
    published: Sequence[StatisticRow], wanted: Sequence[StatisticRow]
) -> Difference:
    """Compare by start; values equal to 1e-9 relative are the same."""
    old = {row.start: row for row in published}
    surplus = min(old.keys() - {row.start for row in wanted}, default=None)
    upserts = [
        row
        for row in wanted
        if not _same(old.get(row.start), row)
        or (surplus is not None and row.start >= surplus)
    ]
    return Difference(tuple(upserts), surplus, tuple(_changed(published, wanted)))


def wrong(
    published: Sequence[StatisticRow], wanted: Sequence[StatisticRow]
) -> list[float]:
    """Return the starts [epoch s] of rows that are missing, different or too many."""
    old = {row.start: row for row in published}
    extra = old.keys() - {row.start for row in wanted}
    different = {row.start for row in wanted if not _same(old.get(row.start), row)}
    return sorted(extra | different)


def rows_since(rows: Rows, since: float) -> list[StatisticRow]:
    """Return the rows that begin at or after an instant [epoch s]."""
    first = int(rows.starts.searchsorted(since))
    return [
        StatisticRow(start, total, known(state))
        for start, total, state in zip(
            rows.starts[first:].tolist(),
            rows.sums[first:].tolist(),
            rows.states[first:].tolist(),
            strict=True,
        )
    ]


def fingerprints(rows: Rows) -> dict[str, str]:
    """Return a digest of the rows of each year (UTC), in order of time."""
    if not len(rows.starts):
        return {}
    first, last = (datetime.fromtimestamp(rows.starts[i], UTC).year for i in (0, -1))
    digests = {}
    for year in range(first, last + 1):
        low, high = (
            int(rows.starts.searchsorted(datetime(y, 1, 1, tzinfo=UTC).timestamp()))
            for y in (year, year + 1)
        )
        digest = blake2b(digest_size=12)
        for column in (rows.starts, rows.sums, rows.states):
            digest.update(column[low:high].tobytes())
        digests[str(year)] = digest.hexdigest()
    return digests


def held(rows: Sequence[StatisticRow]) -> dict[str, str]:
    """Return the same digests of rows that were read back, in order of time."""
    years: dict[str, list[StatisticRow]] = {}
    for row in rows:
        years.setdefault(str(datetime.fromtimestamp(row.start, UTC).year), []).append(
            row
        )
    digests = {}
    for year, found in years.items():
        digest = blake2b(digest_size=12)
        states = [math.nan if row.state is None else row.state for row in found]
        for column in (
            [row.start for row in found],
            [row.sum for row in found],
            states,
        ):
            digest.update(array("d", column).tobytes())
        digests[year] = digest.hexdigest()
    return digests


def first_difference(old: dict[str, str], new: dict[str, str]) -> float | None:
    """Return from when [epoch s] two sets of fingerprints differ, None if nowhere."""
    years = [y for y in old.keys() | new.keys() if old.get(y) != new.get(y)]
    if not years:
        return None
    return datetime(int(min(years, key=int)), 1, 1, tzinfo=UTC).timestamp()


def _same(old: StatisticRow | None, new: StatisticRow) -> bool:
    return old is not None and close(old.sum, new.sum) and close(old.state, new.state)


def close(one: float | None, other: float | None) -> bool:
    """Return whether two values are equal to 1e-9 relative."""
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=_RELATIVE, abs_tol=_RELATIVE)


def _changed(
    published: Sequence[StatisticRow], wanted: Sequence[StatisticRow]
) -> list[float]:
    """Return the starts at which the use itself, not only the sum, is another one."""
    old, new = _uses(published), _uses(wanted)
    return sorted(
        start
        for start in old.keys() | new.keys()
        if not close(old.get(start), new.get(start))
    )


def by_month(rows: Sequence[StatisticRow], zone: ZoneInfo) -> dict[str, float]:
    """Return the use of each local month, written YYYY-MM."""
    months: dict[str, float] = {}
    for start, use in _uses(rows).items():
        month = f"{datetime.fromtimestamp(start, zone):%Y-%m}"
        months[month] = months.get(month, 0.0) + use
    return months


def _uses(rows: Sequence[StatisticRow]) -> dict[float, float]:
    uses: dict[float, float] = {}
    before = 0.0
    for row in rows:
        uses[row.start] = row.sum - before
        before = row.sum
    return uses

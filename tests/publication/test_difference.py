"""What has to be written."""

import numpy as np

from custom_components.nebenkosten.engine.domain.report import Rows
from custom_components.nebenkosten.publication.difference import (
    StatisticRow,
    difference,
    fingerprints,
    first_difference,
    rows_since,
)

ROWS = [
    StatisticRow(day * 86400.0, float(day), None if day == 3 else day + 0.5)
    for day in range(9)
]


def test_equal_rows_need_nothing() -> None:
    noisy = [StatisticRow(r.start, r.sum * (1 + 1e-12), r.state) for r in ROWS]
    found = difference(ROWS, noisy)
    assert (found.upserts, found.surplus, found.changed) == ((), None, ())


def test_only_what_differs_is_written() -> None:
    wanted = [
        *ROWS[:4],
        StatisticRow(ROWS[4].start, 4.5, 4.5),
        *ROWS[5:],
        StatisticRow(9 * 86400.0, 9, 9),
    ]
    found = difference(ROWS, wanted)
    assert found.upserts == (wanted[4], wanted[9])
    assert found.surplus is None
    assert found.changed == (ROWS[4].start, ROWS[5].start, 9 * 86400.0)


def test_what_must_go_is_cleared_from_there_on() -> None:
    found = difference(ROWS, ROWS[:5])
    assert found.surplus == ROWS[5].start
    assert found.upserts == ()
    assert found.changed == tuple(row.start for row in ROWS[5:])
    hole = difference(ROWS, [*ROWS[:5], *ROWS[6:]])
    assert hole.surplus == ROWS[5].start
    assert hole.upserts == tuple(ROWS[6:])


def test_a_dial_that_becomes_unknown_is_a_difference() -> None:
    wanted = [StatisticRow(r.start, r.sum, None) for r in ROWS]
    assert len(difference(ROWS, wanted).upserts) == len(ROWS) - 1


def _rows(*rows: tuple[float, float, float]) -> Rows:
    starts, sums, states = np.array(rows, float).reshape(-1, 3).T
    return Rows(starts, sums, states)


def test_fingerprints_tell_from_which_year_on() -> None:
    year = 366 * 86400.0
    old = _rows((0.0, 1, 1), (year, 2, 2), (2 * year, 3, 3))
    new = _rows((0.0, 1, 1), (year, 2.5, 2), (2 * year, 3, 3))
    assert first_difference(fingerprints(old), fingerprints(old)) is None
    assert first_difference(fingerprints(old), fingerprints(new)) == 365 * 86400.0
    assert first_difference({}, fingerprints(old)) == 0.0
    assert fingerprints(_rows()) == {}


def test_rows_since_an_instant() -> None:
    rows = _rows((0.0, 1, 1), (10.0, 2, np.nan), (20.0, 3, 3))
    assert rows_since(rows, 5.0) == [
        StatisticRow(10.0, 2, None),
        StatisticRow(20.0, 3, 3),
    ]

"""Whatever people and sources say: nothing breaks, nothing is invented."""

from datetime import date, timedelta
import random

from hypothesis import given, settings, strategies as st
import numpy as np

from custom_components.nebenkosten.engine.domain.meters import Meter
from custom_components.nebenkosten.engine.domain.report import (
    MeterReport,
    Provenance,
    ReadingKind,
)
from custom_components.nebenkosten.engine.queries.periods import periods
from custom_components.nebenkosten.engine.queries.published import published_rows

from .houses import Amount, Point, at, meter, report_of

_DAY = 86400.0
_START = at("2024-01-01")


@st.composite
def anything(
    draw: st.DrawFn,
) -> tuple[Meter, list[Point], list[Amount], float, date | None]:
    """Draw a meter with readings of all kinds, amounts, and dates of its life."""
    grid = st.integers(0, 400 * 4).map(lambda n: _START + n * _DAY / 4)
    points = draw(
        st.lists(
            st.tuples(
                grid,
                st.integers(0, 120_000).map(float),
                st.sampled_from(list(ReadingKind)),
            ),
            max_size=12,
        )
    )
    amounts = [
        (start, start + hours * 3600, use)
        for start, hours, use in draw(
            st.lists(
                st.tuples(grid, st.integers(1, 400), st.integers(-5, 500).map(float)),
                max_size=8,
            )
        )
    ]
    days = st.integers(0, 400).map(lambda n: date(2024, 1, 1) + timedelta(days=n))
    one = meter(
        installed=draw(st.none() | days),
        removed=draw(st.none() | days),
        digits=draw(st.none() | st.just(5)),
    )
    as_of = draw(grid) + 30 * _DAY
    return one, points, amounts, as_of, draw(st.none() | days)


@settings(max_examples=300)
@given(anything(), st.randoms(use_true_random=False))
def test_any_house(
    drawn: tuple[Meter, list[Point], list[Amount], float, date | None],
    dice: random.Random,
) -> None:
    one, points, amounts, as_of, hours = drawn
    report = report_of(one, points, as_of, amounts=amounts, hours_from=hours)
    _says_what_it_is(report)
    _counts_every_reading_once(report, points, as_of)
    rows = published_rows(report)
    assert (np.diff(rows.starts) > 0).all()
    assert (np.diff(rows.sums) >= -1e-6).all()
    assert (rows.starts <= as_of).all()
    # Order of entry only matters where readings share an instant.
    if len({p[0] for p in points}) == len(points):
        shuffled = points[:]
        dice.shuffle(shuffled)
        again = report_of(one, shuffled, as_of, amounts=amounts, hours_from=hours)
        np.testing.assert_array_equal(again.use, report.use)


def _says_what_it_is(report: MeterReport) -> None:
    unknown = report.provenance == Provenance.UNKNOWN
    np.testing.assert_array_equal(unknown, np.isnan(report.use))
    assert (report.use[~unknown] >= -1e-6).all()
    if report.first_day is not None and report.last_day is not None:
        assert len(report.use) == (report.last_day - report.first_day).days + 1
    months = list(periods(report, "month"))
    assert sum(sum(month.days) for month in months) == len(report.use)
    for finding in report.findings:
        assert finding.meter_id == report.meter.meter_id


def _counts_every_reading_once(
    report: MeterReport, points: list[Point], as_of: float
) -> None:
    left_out = report.quarantined | report.superseded
    present = {i for i, p in enumerate(points, 1) if p[0] <= as_of}
    assert left_out <= present
    assert not report.quarantined & report.superseded
    assert report.readings == len(present) - len(left_out)

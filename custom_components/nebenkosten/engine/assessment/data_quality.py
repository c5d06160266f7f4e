"""Data quality: completeness, freshness and the measured share."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np

from ..domain.arrays import Floats
from ..domain.meters import Meter
from ..domain.quality_score import Quality, fresh
from ..domain.report import MeterReport, Provenance
from ..reconstruction.meter_line import Line

_DAY: Final = 86400.0
_LONGEST_DAY: Final = 1.1 * _DAY
_OVERDUE: Final = 3.0
# A sensor that writes changes only is silent all night; a server may be a day late.
_SHORTEST: Final = _DAY
_UNEXPLAINED: Final = ("counter_fell", "exchange_suspected")


def with_quality(report: MeterReport, line: Line, as_of: float) -> MeterReport:
    """Return a report with the quality of its data."""
    if not len(report.use):
        return report
    gaps, last = _gaps(line)
    end = min(as_of, float(report.midnights[-1]))
    age = max(end - last, 0.0) if np.isfinite(last) else np.inf
    rhythm, limit = _rhythm(report, gaps)
    found = _quality(report, gaps, age, rhythm)
    if np.isfinite(last) and rhythm is not None:
        # Who is gone gets no older: its days end before yesterday.
        ended = as_of - float(report.midnights[-1]) > _LONGEST_DAY
        found = replace(
            found, read_until=last, limit=limit, rhythm=None if ended else rhythm
        )
    return replace(report, quality=found)


def of_operands(report: MeterReport, operands: Iterable[MeterReport]) -> MeterReport:
    """Return a computed meter's report; it is as fresh as its stalest operand."""
    known = [one.quality for one in operands if one.quality is not None]
    if not len(report.use) or not known:
        return report
    stalest = replace(
        _quality(report, np.empty(0), 0.0, None),
        freshness=min(one.freshness for one in known),
        largest_gap_days=max(one.largest_gap_days for one in known),
    )
    return replace(report, quality=stalest)


def _rhythm(report: MeterReport, gaps: Floats) -> tuple[float | None, float | None]:
    """Return how old a reading may be, and when the next one is overdue [s].

    What its user says holds for both; else the meter's own rhythm does.
    """
    meter = report.meter
    own = meter.overdue_after if isinstance(meter, Meter) else None
    if own is not None:
        return own * _DAY, own * _DAY
    if not len(gaps):
        return None, None
    rhythm = _OVERDUE * float(np.median(gaps))
    return rhythm, max(rhythm, _SHORTEST)


def _quality(
    report: MeterReport, gaps: Floats, age: float, rhythm: float | None
) -> Quality:
    counts = np.bincount(report.provenance, minlength=4) / len(report.provenance)
    return Quality(
        completeness=float(
            counts[Provenance.MEASURED] + counts[Provenance.INTERPOLATED]
        ),
        largest_gap_days=max([age, *(gaps.max(initial=0.0),)]) / _DAY,
        freshness=1.0 if rhythm is None else fresh(age, rhythm),
        measured_share=float(counts[Provenance.MEASURED]),
        interpolated_share=float(counts[Provenance.INTERPOLATED]),
        extrapolated_share=float(counts[Provenance.EXTRAPOLATED]),
        quarantined=len(report.quarantined),
        readings=report.readings,
        unexplained=sum(one.code in _UNEXPLAINED for one in report.findings),
    )


def _gaps(line: Line) -> tuple[Floats, float]:
    """Return the distances between readings (n,), and the last one's time [s].

    Where meters hand over, the last reading of the old one and the first of the new one
    count as neighbours.
    """
    read = [part.knots for part in line.parts]
    every = read[0] if len(read) == 1 else np.sort(np.concatenate(read))
    gaps, last = [], float(every[-1]) if len(every) else -np.inf
    for part, times in zip(line.parts, read, strict=True):
        gaps.append(np.diff(times))
        before = np.searchsorted(every, part.begin, "right")
        if before and len(times):
            gaps.append(times[:1] - every[before - 1])
        if len(part.amounts.ends):
            gaps.append(part.amounts.ends - part.amounts.starts)
            last = max(last, float(part.amounts.ends[-1]))
    return np.concatenate(gaps), last

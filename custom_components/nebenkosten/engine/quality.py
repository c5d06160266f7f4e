"""How good is a meter's data: how complete, how fresh, how much of it measured?"""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from .model import MeterReport, Provenance, Quality

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .line import Line
    from .model import Floats

_DAY: Final = 86400.0
_OVERDUE: Final = 3.0
# A sensor that writes changes only is silent all night; a server may be a day late.
_SHORTEST: Final = _DAY
# The score's parts; a hand-read meter that is kept up to date reaches 100.
_COMPLETE: Final = 0.5
_NOT_GUESSED: Final = 0.2
_FRESH: Final = 0.2
_BELIEVED: Final = 0.1


def with_quality(report: MeterReport, line: Line, as_of: float) -> MeterReport:
    """Return a report with the quality of its data."""
    if not len(report.use):
        return report
    gaps, last = _gaps(line)
    end = min(as_of, float(report.midnights[-1]))
    age = max(end - last, 0.0) if np.isfinite(last) else np.inf
    found = _quality(report, gaps, age)
    if np.isfinite(last) and len(gaps):
        limit = max(_OVERDUE * float(np.median(gaps)), _SHORTEST)
        found = replace(found, read_until=last, limit=limit)
    return replace(report, quality=found)


def of_operands(report: MeterReport, operands: Iterable[MeterReport]) -> MeterReport:
    """Return a computed meter's report; it is as fresh as its stalest operand."""
    known = [one.quality for one in operands if one.quality is not None]
    if not len(report.use) or not known:
        return report
    own = _quality(report, np.empty(0), 0.0)
    stalest = replace(
        own,
        freshness=min(one.freshness for one in known),
        largest_gap_days=max(one.largest_gap_days for one in known),
    )
    return replace(report, quality=replace(stalest, score=_score(stalest, 0.0)))


def _quality(report: MeterReport, gaps: Floats, age: float) -> Quality:
    counts = np.bincount(report.provenance, minlength=4) / len(report.provenance)
    left_out = len(report.quarantined)
    limit = _OVERDUE * float(np.median(gaps)) if len(gaps) else np.inf
    freshness = min(max(2 - age / limit, 0.0), 1.0) if limit > 0 else 1.0
    quality = Quality(
        score=0,
        completeness=float(
            counts[Provenance.MEASURED] + counts[Provenance.INTERPOLATED]
        ),
        largest_gap_days=max([age, *(gaps.max(initial=0.0),)]) / _DAY,
        freshness=freshness,
        measured_share=float(counts[Provenance.MEASURED]),
        interpolated_share=float(counts[Provenance.INTERPOLATED]),
        extrapolated_share=float(counts[Provenance.EXTRAPOLATED]),
        quarantined=left_out,
    )
    share = left_out / max(report.readings + left_out, 1)
    return replace(quality, score=_score(quality, share))


def _score(quality: Quality, quarantined: float) -> int:
    """Return the score of the contract, 0-100."""
    return round(
        100
        * (
            _COMPLETE * quality.completeness
            + _NOT_GUESSED * (1 - quality.extrapolated_share)
            + _FRESH * quality.freshness
            + _BELIEVED * (1 - quarantined)
        )
    )


def _gaps(line: Line) -> tuple[Floats, float]:
    """Return the distances between readings (n,), and the last one's time [s]."""
    gaps, last = [], -np.inf
    for part in line.parts:
        for course in part.courses:
            times = course.register.times
            if len(times):
                gaps.append(np.diff(times))
                last = max(last, float(times[-1]))
        if len(part.amounts.ends):
            gaps.append(part.amounts.ends - part.amounts.starts)
            last = max(last, float(part.amounts.ends[-1]))
    return np.concatenate(gaps) if gaps else np.empty(0), last

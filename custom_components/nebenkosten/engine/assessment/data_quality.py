"""Data quality: completeness, freshness and the measured share."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..domain.arrays import Floats, Ints
from ..domain.local_days import DAY
from ..domain.meters import AnyMeter, Meter
from ..domain.quality_score import Quality, fresh
from ..domain.report import Consumption, Finding, MeterReport, Provenance
from ..meter_kinds.interface import Computed
from ..reconstruction.meter_line import Line

_LONGEST_DAY: Final = 1.1 * DAY
_OVERDUE: Final = 3.0
# A sensor that writes changes only is silent all night; a server may be a day late.
_SHORTEST: Final = DAY
_UNEXPLAINED: Final = ("counter_fell", "exchange_suspected")


@dataclass(frozen=True, slots=True)
class _DayShares:
    """The shares of days by their provenance (0..1)."""

    completeness: float
    measured: float
    interpolated: float
    extrapolated: float

    @classmethod
    def of(cls, provenance: Ints) -> _DayShares:
        """Return the shares of n days, at least one."""
        shares = np.bincount(provenance, minlength=len(Provenance)) / len(provenance)
        return cls(
            float(shares[Provenance.MEASURED] + shares[Provenance.INTERPOLATED]),
            float(shares[Provenance.MEASURED]),
            float(shares[Provenance.INTERPOLATED]),
            float(shares[Provenance.EXTRAPOLATED]),
        )


def of_line(one: Computed, findings: Iterable[Finding], as_of: float) -> Quality | None:
    """Return the quality of a meter's data, None without days.

    `findings` are those on its readings.
    """
    consumption, line = one.consumption, one.line
    if line is None or not len(consumption.use):
        return None
    gaps, last = _gaps(line)
    end = min(as_of, float(consumption.midnights[-1]))
    age = max(end - last, 0.0) if np.isfinite(last) else np.inf
    rhythm, limit = _rhythm(consumption.meter, gaps)
    follows = np.isfinite(last) and rhythm is not None
    # What is gone gets no older: its days end before yesterday.
    ended = as_of - float(consumption.midnights[-1]) > _LONGEST_DAY
    days = _DayShares.of(consumption.provenance)
    return Quality(
        completeness=days.completeness,
        largest_gap_days=max(age, float(gaps.max(initial=0.0))) / DAY,
        freshness=1.0 if rhythm is None else fresh(age, rhythm),
        measured_share=days.measured,
        interpolated_share=days.interpolated,
        extrapolated_share=days.extrapolated,
        quarantined=len(consumption.quarantined),
        readings=consumption.readings,
        unexplained=sum(finding.code in _UNEXPLAINED for finding in findings),
        read_until=last if follows else None,
        limit=limit if follows else None,
        rhythm=rhythm if follows and not ended else None,
    )


def of_operands(
    consumption: Consumption, operands: Iterable[MeterReport]
) -> Quality | None:
    """Return the quality of a computed meter: as fresh as its stalest operand."""
    qualities = [one.quality for one in operands if one.quality is not None]
    if not len(consumption.use) or not qualities:
        return None
    days = _DayShares.of(consumption.provenance)
    return Quality(
        completeness=days.completeness,
        largest_gap_days=max(one.largest_gap_days for one in qualities),
        freshness=min(one.freshness for one in qualities),
        measured_share=days.measured,
        interpolated_share=days.interpolated,
        extrapolated_share=days.extrapolated,
        quarantined=len(consumption.quarantined),
        readings=consumption.readings,
    )


def _rhythm(meter: AnyMeter, gaps: Floats) -> tuple[float | None, float | None]:
    """Return how old a reading may be, and when the next one is overdue [s].

    What its user says holds for both; else the meter's own rhythm does.
    """
    own = meter.overdue_after if isinstance(meter, Meter) else None
    if own is not None:
        return own * DAY, own * DAY
    if not len(gaps):
        return None, None
    rhythm = _OVERDUE * float(np.median(gaps))
    return rhythm, max(rhythm, _SHORTEST)


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

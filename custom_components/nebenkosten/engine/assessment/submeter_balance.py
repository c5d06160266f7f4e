"""The balance of a meter against the sum of its submeters.

Compared from one time when all of them were read to the next. Reading days that lie
apart allow a band; what lies outside it is a finding, and for water, where courts
accept a fifth, another one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from ..domain import gas_conversion
from ..domain.arrays import Floats
from ..domain.meters import House, Medium
from ..domain.report import Consumption, Finding, Severity, Value
from ..domain.units import UnitMismatchError
from ..meter_kinds.operand_days import over, parts_of

_TOLERATED: Final = 0.2
_MEANT: Final = 0.5
_LEAST: Final = 0.02
_NEAR: Final = 0.03
_FEWEST_DAYS: Final = 5
# An 80 % band is left by chance once in five times: more is asked of a finding.
_SURE: Final = 2.5


def balances(
    house: House, meters: Mapping[str, Consumption]
) -> Iterator[tuple[str, Finding]]:
    """Yield findings, by the key of the meter that has parts."""
    for key, main in meters.items():
        parts = parts_of(main, meters)
        if parts and main.first_day is not None:
            for finding in _of(house, main, parts):
                yield key, finding


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """A meter beside its parts on the n days from `first` on.

    `whole` and `parts` (n,) are what they used, `slack` (n+1,) the half width of their
    difference's band at each midnight [the meter's unit].
    """

    main: Consumption
    first: date
    whole: Floats
    parts: Floats
    slack: Floats


def _of(house: House, main: Consumption, parts: list[Consumption]) -> Iterator[Finding]:
    """Yield what is odd between a meter and its parts."""
    compared = _compared(house, main, parts)
    if compared is None:
        return
    # Only the last closed interval: what was wrong before is history. Where nothing
    # closes one, all that is known at a stretch is compared, with its wider band.
    closed = closings(compared.whole, compared.slack)[-2:]
    if len(closed) < 2:
        closed = _known_stretch(compared.whole + compared.parts)
    yield from _compare(compared, *closed)


def _compared(
    house: House, main: Consumption, parts: list[Consumption]
) -> _Compared | None:
    """Return a meter beside its parts, None where they cannot be compared."""
    both = _days_of_all([main, *parts])
    if both is None:
        return None
    first, days = both
    whole, slack = over(main, main.use, first, days), _slack(main, first, days)
    summed: Floats = np.zeros(days)
    for part in parts:
        try:
            scale = gas_conversion.daily_factor(
                part.meter, main.meter, house.gas, first, days
            )
        except UnitMismatchError:
            return None
        if np.isnan(scale).any():
            return None
        summed = summed + scale * over(part, part.use, first, days)
        slack = slack + scale[0] * _slack(part, first, days)
    return _Compared(main, first, whole, summed, slack)


def _days_of_all(meters: list[Consumption]) -> tuple[date, int] | None:
    """Return the first and the number of the days that all have; None: too few."""
    firsts = [one.first_day for one in meters if one.first_day is not None]
    lasts = [one.last_day for one in meters if one.last_day is not None]
    if not len(firsts) == len(lasts) == len(meters):
        return None
    first, last = max(firsts), min(lasts)
    days = (last - first).days + 1
    return (first, days) if days > _FEWEST_DAYS else None


def _known_stretch(use: Floats) -> list[int]:
    """Return the begin and the end of the last days in a row that are known.

    All of them if none is.
    """
    known = np.concatenate(([False], ~np.isnan(use), [False]))
    edges = np.flatnonzero(np.diff(known))
    return edges[-2:].tolist() or [0, len(use)]


def _compare(compared: _Compared, begin: int, end: int) -> Iterator[Finding]:
    """Yield a finding where the days begin..end (excluded) do not add up."""
    main, first, slack = compared.main, compared.first, compared.slack
    total = float(compared.whole[begin:end].sum())
    parts = float(compared.parts[begin:end].sum())
    band = _SURE * float(slack[begin] + slack[end]) + _LEAST * abs(total)
    missing = total - parts
    if np.isnan(missing):
        return
    last = first + timedelta(days=end - 1)
    data: dict[str, Value] = {
        "since": first + timedelta(days=begin),
        "until": last,
        "total": total,
        "parts": parts,
        "share": round(100 * missing / total) if total else 0,
    }
    if -missing > band:
        yield _finding("parts_exceed_whole", main, last, data)
    elif _incomplete(main, total, parts, band):
        yield _finding("balance_above_tolerance", main, last, data)


def _incomplete(main: Consumption, total: float, parts: float, band: float) -> bool:
    """Return whether water is missing between a meter and parts meant to make it up.

    A garden's meter below the house's is not: it is a small part of the whole.
    """
    if main.meter.medium is not Medium.WATER or parts < _MEANT * total:
        return False
    return total - parts > _TOLERATED * total + band


def _finding(
    code: str, main: Consumption, day: date, data: dict[str, Value]
) -> Finding:
    return Finding(
        code=code,
        severity=Severity.WARNING,
        meter_id=main.meter.meter_id,
        day=day,
        data=data,
    )


def _slack(consumption: Consumption, first: date, days: int) -> Floats:
    """Return the counter's half width (days+1,) at each midnight, NaN outside."""
    return over(consumption, consumption.slack, first, days + 1)


def closings(use: Floats, slack: Floats) -> list[int]:
    """Return the midnights at which all meters were read, or nearly so.

    Of midnights that follow each other with as little slack, the one with the least.
    """
    usual = float(np.nanmean(np.abs(use))) if (~np.isnan(use)).any() else 0.0
    sure = np.nan_to_num(slack, nan=np.inf) <= max(_NEAR * 30 * usual, 1e-9)
    found: list[int] = []
    for index in np.flatnonzero(sure).tolist():
        if found and index - found[-1] < _FEWEST_DAYS:
            if slack[index] < slack[found[-1]]:
                found[-1] = index
        else:
            found.append(index)
    return found

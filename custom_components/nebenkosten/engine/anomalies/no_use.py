"""No use, which at first is no anomaly where people may use nothing for a while."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final

import numpy as np

from ..domain.meters import AnyMeter, Medium
from ..domain.report import Anomaly, Consumption, Context, Finding, Severity
from ..load_model import outdoor_temperature
from ..meter_kinds.operand_days import over, parts_of

# On water, and on gas and heat in warm weather, so many days are a finding at most.
_YOUNG_DAYS: Final = 21
_HEATING_LIMIT: Final = 15.0
_WARM_MONTHS: Final = (5, 6, 7, 8, 9)
_PARENT_DAYS: Final = 28
_PARENT_SHARE: Final = 0.5


def sorted_out(
    anomalies: Iterable[Anomaly],
    meters: Mapping[str, Consumption],
    context: Context,
) -> tuple[list[Anomaly], list[Finding]]:
    """Return a meter's anomalies, and findings in place of those too young to be one.

    `meters` (by key) holds all that are analysed.
    """
    kept, findings = [], []
    for anomaly in anomalies:
        days = _length(anomaly)
        meter = meters[anomaly.meter_id.lower()].meter
        young = anomaly.kind == "stuck" and days < _YOUNG_DAYS
        if (
            not young
            or not _may_rest(meter, anomaly, context)
            or _missed_by_parent(meter, anomaly, meters)
        ):
            kept.append(anomaly)
        elif anomaly.is_open:
            findings.append(
                Finding(
                    code="no_use",
                    severity=Severity.INFO,
                    meter_id=anomaly.meter_id,
                    day=anomaly.start,
                    data={"since": anomaly.start, "days": days},
                )
            )
    return kept, findings


def _length(anomaly: Anomaly) -> int:
    return (anomaly.end - anomaly.start).days + 1


def _may_rest(meter: AnyMeter, anomaly: Anomaly, context: Context) -> bool:
    """Return whether people may simply use nothing of this for a while."""
    if meter.medium is Medium.WATER:
        return True
    if meter.medium not in (Medium.GAS, Medium.HEAT):
        return False
    days = _length(anomaly)
    outside = outdoor_temperature.so_far(context.temperature, anomaly.start, days)
    if outside is None or np.isnan(outside).all():
        return anomaly.start.month in _WARM_MONTHS
    return float(np.nanmean(outside)) > _HEATING_LIMIT


def _missed_by_parent(
    meter: AnyMeter, anomaly: Anomaly, meters: Mapping[str, Consumption]
) -> bool:
    """Return whether the meter above still counts what this one no longer does."""
    parent = meters.get((meter.part_of or "").lower())
    if parent is None or parent.first_day is None:
        return False
    parts = parts_of(parent, meters)
    days = _length(anomaly)
    now = _uncounted(parent, parts, anomaly.start, days)
    before_start = anomaly.start - timedelta(days=_PARENT_DAYS)
    before = _uncounted(parent, parts, before_start, _PARENT_DAYS)
    return now - before >= _PARENT_SHARE * anomaly.expected / days


def _uncounted(
    parent: Consumption, parts: list[Consumption], first: date, days: int
) -> float:
    """Return what the parent counts beyond its parts, per day; NaN if not known."""
    rest = over(parent, parent.use, first, days)
    for part in parts:
        rest = rest - over(part, part.use, first, days)
    return float(np.mean(rest))

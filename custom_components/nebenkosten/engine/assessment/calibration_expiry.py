"""The end of a meter's calibration period.

MessEV § 34 and annex 7: the period ends on 31 December of its last year.
"""

from datetime import date, timedelta
from typing import Final

from ..domain import local_days
from ..domain.meters import Medium, Meter
from ..domain.report import Finding, Severity
from ..meter_kinds.preparation import Prepared

# [years] Water and heat 6; diaphragm gas meters up to 10 m³/h and electronic
# electricity meters 8.
_YEARS: Final = {
    Medium.WATER: 6,
    Medium.HEAT: 6,
    Medium.GAS: 8,
    Medium.ELECTRICITY: 8,
}
_NOTICE: Final = timedelta(days=180)


def calibrated_until(meter: Meter, in_use_since: date | None) -> date | None:
    """Return the last day of a dial's calibration, None where nothing tells."""
    if meter.calibrated_until is not None:
        return meter.calibrated_until
    years = _YEARS.get(meter.medium)
    if years is None or in_use_since is None:
        return None
    return date(in_use_since.year + years, 12, 31)


def expiry(prepared: Prepared, today: date) -> list[Finding]:
    """Report a calibration that ends within 180 days, or has ended."""
    meter = prepared.meter
    if meter.removed is not None and meter.removed < today:
        return []
    since = meter.installed
    registers = prepared.cleaned.registers
    if registers and registers[-1].opened and len(registers) > 1:
        since = local_days.local_day(float(registers[-1].times[0]), prepared.zone)
    until = calibrated_until(meter, since)
    if until is None or today < until - _NOTICE:
        return []
    ended = today > until
    return [
        Finding(
            code="calibration_expired" if ended else "calibration_expires",
            severity=Severity.WARNING if ended else Severity.INFO,
            meter_id=meter.meter_id,
            day=until,
            data={"until": until},
        )
    ]

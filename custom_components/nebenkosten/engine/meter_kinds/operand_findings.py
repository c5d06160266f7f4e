"""Findings on meters without days and on operands that do not fit."""

from datetime import date

from ..domain.gas_factor_bounds import GasFactorError, Verdict, verdict
from ..domain.meters import AnyMeter, GasFactor, Master, Virtual
from ..domain.report import Finding, Severity
from ..domain.units import UnitMismatchError
from .preparation import Prepared


def too_few(prepared: Prepared) -> list[Finding]:
    """Say why a dial read once has no days: a start at 0 is never invented."""
    if len(prepared.amounts.starts) or not prepared.cleaned.registers:
        return []
    last = prepared.cleaned.registers[-1]
    if len(last.ids) > 1 or last.closed:
        return []
    return [
        Finding(
            code="second_reading_missing",
            severity=Severity.INFO,
            meter_id=prepared.meter.meter_id,
        )
    ]


def missing(meter: AnyMeter, key: str) -> Finding:
    """Say that an operand does not exist."""
    return _of_operand(meter, key, Severity.ERROR, code="operand_missing")


def unread(meter: Virtual, operand: str) -> Finding:
    """Say that an operand has no readings."""
    return _of_operand(meter, operand, Severity.INFO, code="operand_unread")


def computed(meter: Master, operand: Virtual) -> Finding:
    """Say that a source is a formula, which has no dial."""
    return _of_operand(meter, operand.meter_id, Severity.ERROR, code="source_computed")


def _of_operand(
    meter: AnyMeter, operand: str, severity: Severity, *, code: str
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        meter_id=meter.meter_id,
        data={"operand": operand},
    )


def mismatch(meter: AnyMeter, error: UnitMismatchError) -> Finding:
    """Say that an operand's unit cannot become the meter's, or by which factor not."""
    if isinstance(error, GasFactorError):
        return factor_finding(meter, error.factor)
    return Finding(
        code="unit_pair_refused",
        severity=Severity.ERROR,
        meter_id=meter.meter_id,
        data={"given": error.given, "wanted": error.wanted},
    )


def factor_finding(meter: AnyMeter, factor: GasFactor) -> Finding:
    """Say of a meter that a factor cannot be, or is unusual."""
    impossible = verdict(factor) is Verdict.IMPOSSIBLE
    return Finding(
        code="gas_factor_impossible" if impossible else "gas_factor_unusual",
        severity=Severity.ERROR if impossible else Severity.INFO,
        meter_id=meter.meter_id,
        day=None if factor.valid_from == date.min else factor.valid_from,
        data={"calorific": str(factor.brennwert), "state": str(factor.zustandszahl)},
    )

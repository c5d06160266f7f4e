"""Gas factors of a meter's days that cannot be, or are unusual."""

from collections.abc import Iterator, Sequence
from datetime import date

from ..domain import units
from ..domain.gas_factor_bounds import Verdict, verdict
from ..domain.meters import AnyMeter, GasFactor
from ..domain.report import Finding, MeterReport, Severity


def odd_factors(report: MeterReport, gas: Sequence[GasFactor]) -> Iterator[Finding]:
    """Yield a finding for each odd factor that holds on some day of a gas meter."""
    if not units.is_volume_of_gas(report.meter) or report.last_day is None:
        return
    dated = sorted(gas, key=lambda factor: factor.valid_from)
    ends = [*(factor.valid_from for factor in dated[1:]), date.max]
    for factor, end in zip(dated, ends, strict=True):
        holds = factor.valid_from <= report.last_day
        begun = holds or factor is dated[0]
        is_odd = verdict(factor) is not Verdict.USUAL
        if is_odd and begun and end > (report.first_day or date.min):
            yield factor_finding(report.meter, factor)


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

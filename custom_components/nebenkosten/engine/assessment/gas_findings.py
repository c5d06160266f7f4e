"""Gas factors of a meter's days that cannot be, or are unusual."""

from collections.abc import Iterator, Sequence
from datetime import date

from ..domain import units
from ..domain.gas_factor_bounds import Verdict, verdict
from ..domain.meters import GasFactor
from ..domain.report import Consumption, Finding
from ..meter_kinds.operand_findings import factor_finding


def odd_factors(
    consumption: Consumption, gas: Sequence[GasFactor]
) -> Iterator[Finding]:
    """Yield a finding for each odd factor that holds on some day of a gas meter."""
    if not units.is_volume_of_gas(consumption.meter) or consumption.last_day is None:
        return
    dated = sorted(gas, key=lambda factor: factor.valid_from)
    ends = [*(factor.valid_from for factor in dated[1:]), date.max]
    for factor, end in zip(dated, ends, strict=True):
        holds = factor.valid_from <= consumption.last_day
        begun = holds or factor is dated[0]
        is_odd = verdict(factor) is not Verdict.USUAL
        if is_odd and begun and end > consumption.begin:
            yield factor_finding(consumption.meter, factor)

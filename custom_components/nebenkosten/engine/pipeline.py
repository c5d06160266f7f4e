"""The order of the stages: from readings to the report of a house."""

from collections.abc import Iterator, Mapping

from .anomalies.anomalies import judge
from .assessment.assess import Assessed, assess, report_of
from .domain.evaluation_order import CyclicMeterError, in_order
from .domain.meters import AnyMeter, House
from .domain.partitions import portions
from .domain.report import (
    Context,
    Finding,
    Judged,
    MeterReport,
    Report,
    Series,
    Severity,
)
from .meter_kinds import compute_all
from .meter_kinds.interface import Setting, without_days


def analyse(house: House, readings: Mapping[str, Series], context: Context) -> Report:
    """Return the reports of all meters from their records (by key)."""
    setting = Setting.of(house, readings, context)
    meters, cyclic = _without_cycles(house.all_meters)
    computed = compute_all(meters, setting)
    reports = assess(computed, judge(computed, context), setting)
    for meter, finding in cyclic.items():
        reports[meter.key] = _uncomputed(meter, finding)
    return Report(
        context.as_of, house.time_zone, {key: reports[key] for key in setting.meters}
    )


def analyse_in_portions(
    house: House, readings: Mapping[str, Series], context: Context
) -> Iterator[MeterReport]:
    """Yield the reports meter by meter, with as few at a time as possible in memory.

    `readings` may read a meter's records when it is asked for them.
    """
    for portion in portions(house, {meter.key for meter in house.all_meters}):
        keys = [meter.key for meter in portion]
        stored = {key: readings[key] for key in keys if key in readings}
        yield from analyse(house.of(keys), stored, context).meters.values()


def _without_cycles(
    meters: tuple[AnyMeter, ...],
) -> tuple[list[AnyMeter], dict[AnyMeter, Finding]]:
    """Return the meters in order, and a finding for each that is left out.

    Left out are those computed from themselves.
    """
    found: dict[AnyMeter, Finding] = {}
    while True:
        try:
            return in_order(meters), found
        except CyclicMeterError as error:
            path = " → ".join(error.path)
            cyclic = [meter for meter in meters if meter.meter_id in error.path]
            found |= {
                meter: Finding(
                    code="formula_cycle",
                    severity=Severity.ERROR,
                    meter_id=meter.meter_id,
                    data={"path": path},
                )
                for meter in cyclic
            }
            meters = tuple(meter for meter in meters if meter not in cyclic)


def _uncomputed(meter: AnyMeter, finding: Finding) -> MeterReport:
    """Return the report of a meter that cannot be computed, and why."""
    return report_of(Judged(consumption=without_days(meter, finding)), Assessed())

"""Many meters: in portions, one by one, or their days alone; always the same."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest

from custom_components.nebenkosten.engine.assessment.invariants import broken
from custom_components.nebenkosten.engine.domain.answers import Asked
from custom_components.nebenkosten.engine.domain.meters import House, Term
from custom_components.nebenkosten.engine.domain.partitions import portions
from custom_components.nebenkosten.engine.domain.report import Context
from custom_components.nebenkosten.engine.meter_kinds import compute_all
from custom_components.nebenkosten.engine.meter_kinds.interface import Setting
from custom_components.nebenkosten.engine.pipeline import analyse, analyse_in_portions

from .definitions import physical, virtual
from .houses import at, meter, read, report_of, series

AS_OF = at("2026-01-01")
POINTS = [
    read("2025-01-01", 10.0),
    read("2025-07-01", 400.0),
    read("2025-12-31", 900.0),
]


def house(count: int) -> House:
    return House(
        time_zone="Europe/Berlin",
        meters=(
            *(physical(f"m{number}") for number in range(count)),
            physical("part", part_of="M0"),
        ),
        virtuals=(
            virtual("sum", Term(meter_id="m1"), Term(meter_id="m2", factor=-1.0)),
            virtual(
                "late",
                Term(meter_id="m3"),
                Term(meter_id="none", zero_when_absent=True),
            ),
        ),
    )


@pytest.mark.parametrize("most", [1, 3, 100])
def test_what_depends_on_each_other_stays_together(most: int) -> None:
    found = list(
        portions(house(9), {f"m{n}" for n in range(9)} | {"sum", "part"}, most)
    )
    keys = [{one.key for one in portion} for portion in found]
    assert sum(map(len, keys)) == 11
    for group in ({"m0", "part"}, {"m1", "m2", "sum"}):
        assert any(group <= portion for portion in keys)
    assert all(len(portion) <= max(most, 3) for portion in keys)
    assert not any(one & other for one, other in pairwise(keys))
    assert list(portions(house(1), set())) == []


def test_portions_change_nothing() -> None:
    whole = house(70)
    stored = {one.key: series(POINTS) for one in whole.meters}
    context = Context(as_of=AS_OF)
    together = analyse(whole, stored, context).meters
    one_by_one = {
        report.meter.key: report
        for report in analyse_in_portions(whole, stored, context)
    }
    alone = compute_all(whole.all_meters, Setting.of(whole, stored, context))
    assert one_by_one.keys() == together.keys() == alone.keys()
    for key, report in together.items():
        np.testing.assert_array_equal(report.use, one_by_one[key].use)
        np.testing.assert_array_equal(report.use, alone[key].consumption.use)
        assert report.quality == one_by_one[key].quality


def test_an_operand_that_may_be_absent_breaks_no_invariant() -> None:
    early = physical("early", installed=date(2025, 1, 1))
    late = physical("late", installed=date(2025, 7, 1))
    both = virtual(
        "both", Term(meter_id="early"), Term(meter_id="late", zero_when_absent=True)
    )
    known = House(time_zone="Europe/Berlin", meters=(early, late), virtuals=(both,))
    stored = {"early": series(POINTS), "late": series(POINTS[1:])}
    reports = analyse(known, stored, Context(as_of=AS_OF)).meters
    assert broken(Asked(reports["both"], reports, None, known, AS_OF)) == ()


def test_readings_in_a_unit_that_never_fits_break_nothing() -> None:
    one = meter()
    records = series(POINTS)
    report = report_of(one, POINTS)
    other = House(time_zone="Europe/Berlin", meters=(one,))

    odd = replace(
        records,
        readings=replace(records.readings, unit_names=("m³",)),
    )
    asked = Asked(report, {one.key: report}, odd, other, AS_OF)
    assert broken(asked) == ()

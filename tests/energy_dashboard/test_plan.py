"""Where meters belong in the energy dashboard, decided without one."""

from datetime import date
from typing import Any

import pytest

from custom_components.nebenkosten.energy_dashboard.plan import (
    DashboardPlace,
    Entry,
    Fault,
    plan,
)
from custom_components.nebenkosten.engine.domain.meters import (
    House,
    Medium,
    Meter,
    Role,
    Term,
    Virtual,
)

TODAY = date(2026, 3, 10)


def meter(meter_id: str, medium: Medium = Medium.ELECTRICITY, **more: Any) -> Meter:
    unit = more.pop("unit", "kWh")
    return Meter(meter_id=meter_id, name=meter_id, medium=medium, unit=unit, **more)


def house(*meters: Meter) -> House:
    return House(time_zone="Europe/Berlin", meters=meters)


def places(*meters: Meter) -> dict[str, DashboardPlace]:
    found = plan(house(*meters), [], TODAY).additions
    return {entry.statistic_id.split(":")[1]: entry.place for entry in found}


@pytest.mark.parametrize(
    ("one", "place"),
    [
        (meter("a", Medium.WATER, unit="m³", role=Role.PRODUCTION), None),
        (meter("a", role=Role.STORAGE), None),
        (meter("a", Medium.HEAT, role=Role.MAIN), None),
        (meter("a", Medium.HEAT, part_of="b"), None),
        (meter("a", Medium.OTHER, unit="Stück", role=Role.MAIN), None),
        (meter("a", removed=date(2025, 1, 1)), None),
        (meter("a", Medium.GAS, unit="m³"), DashboardPlace.GAS),
        (meter("a", role=Role.SUB), DashboardPlace.DEVICE),
    ],
)
def test_a_meter_has_one_place_or_none(
    one: Meter, place: DashboardPlace | None
) -> None:
    assert places(one) == ({} if place is None else {"a_consumption": place})


def test_of_two_alike_nobody_knows_which_is_the_main_one() -> None:
    assert places(meter("a"), meter("b")) == {}


@pytest.mark.parametrize(
    ("role", "own"),
    [(None, {}), (Role.SUB, {"rest_consumption": DashboardPlace.DEVICE})],
)
def test_what_a_formula_subtracts_is_a_part(
    role: Role | None, own: dict[str, DashboardPlace]
) -> None:
    rest = Virtual(
        meter_id="rest",
        name="rest",
        medium=Medium.ELECTRICITY,
        unit="kWh",
        role=role,
        terms=(Term(meter_id="a"), Term(meter_id="b", factor=-1.0)),
    )
    meters = (meter("a"), meter("b"))
    computed = House(time_zone="Europe/Berlin", meters=meters, virtuals=(rest,))
    found = plan(computed, [], TODAY).additions
    there = {entry.statistic_id.split(":")[1]: entry.place for entry in found}
    assert there == {"a_consumption": DashboardPlace.GRID, **own}


@pytest.mark.parametrize(
    ("medium", "unit", "place", "wrong"),
    [
        (Medium.GAS, "m³", DashboardPlace.GAS, False),
        (Medium.GAS, "m³", DashboardPlace.WATER, True),
        (Medium.WATER, "m³", DashboardPlace.WATER_DEVICE, False),
        (Medium.ELECTRICITY, "kWh", DashboardPlace.OTHER, False),
        (Medium.HEAT, "kWh", DashboardPlace.DEVICE, False),
        (Medium.HEAT, "kWh", DashboardPlace.GRID, True),
    ],
)
def test_a_medium_has_its_places(
    medium: Medium, unit: str, place: DashboardPlace, wrong: bool
) -> None:
    entry = Entry(place, "nebenkosten:a_consumption")
    found = plan(house(meter("a", medium, unit=unit)), [entry], TODAY).findings
    assert [one.fault for one in found] == ([Fault.WRONG_PLACE] if wrong else [])


def test_a_ring_of_parts_is_no_whole() -> None:
    ring = house(meter("a", part_of="b"), meter("b", part_of="a"))
    entry = Entry(DashboardPlace.GRID, "nebenkosten:a_consumption")
    assert plan(ring, [entry], TODAY).findings == ()


def test_gas_stands_there_in_one_unit_only() -> None:
    one = house(meter("a", Medium.GAS, unit="m³"))
    energy = Entry(DashboardPlace.GAS, "nebenkosten:a_energy")
    assert plan(one, [energy], TODAY).additions == ()
    assert plan(one, [energy], TODAY).findings == ()
    both = plan(
        one, [energy, Entry(DashboardPlace.GAS, "nebenkosten:a_consumption")], TODAY
    )
    assert [finding.entry for finding in both.findings] == [energy]

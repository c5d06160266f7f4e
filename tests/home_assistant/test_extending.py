"""What docs/extending.md promises: a new entity or statistic is a row."""

from datetime import date

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
import pytest

from custom_components.nebenkosten import sensor, statistic_catalog
from custom_components.nebenkosten.configuration import house_of
from custom_components.nebenkosten.const import DOMAIN, ISSUE_ORPHANED
from custom_components.nebenkosten.energy_dashboard.plan import (
    DashboardPlace,
    Entry,
    Fault,
    plan,
)
from custom_components.nebenkosten.engine.domain import metrics
from custom_components.nebenkosten.engine.domain.meters import Medium
from custom_components.nebenkosten.engine.domain.report import Rows
from custom_components.nebenkosten.entities.consumption import (
    METER_SENSORS,
    MeterSensorDescription,
)
from custom_components.nebenkosten.runtime import NkConfigEntry
from custom_components.nebenkosten.statistic_catalog import (
    CONSUMPTION,
    DashboardUse,
    StatisticBasis,
    StatisticKind,
)
from custom_components.nebenkosten.upkeep import identities

from .conftest import act, add_meter
from .reading_back import used_per_day

_GRAMS_PER_KWH = 363


def _emitted(basis: StatisticBasis) -> Rows:
    rows = CONSUMPTION.rows(basis)
    return Rows(rows.starts, rows.sums * _GRAMS_PER_KWH, rows.states * float("nan"))


EMISSIONS = StatisticKind(
    kind="emissions",
    name="{} (CO₂)",
    unit=lambda _: "g",
    rows=_emitted,
    exists_for=lambda meter: meter.medium is Medium.ELECTRICITY,
    dashboard=DashboardUse.NEVER,
)
FORMER = MeterSensorDescription(
    key="former_reading",
    value_fn=lambda snapshot: snapshot.reading,
    attributes_fn=lambda _: {},
    metric=metrics.COUNTER,
)


async def _read(hass: HomeAssistant, house: NkConfigEntry) -> None:
    await add_meter(hass, house)
    for time, value in (("2026-02-28", 1280), ("2026-03-09", 1370)):
        await act(hass, "add_reading", meter_id="strom", time=time, value=value)
    await act(hass, "run_analytics")


async def test_a_new_statistic_is_a_row_of_the_catalogue(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = (*statistic_catalog.STATISTICS, EMISSIONS)
    monkeypatch.setattr(statistic_catalog, "STATISTICS", rows)
    await _read(hass, house)
    used = await used_per_day(hass, "strom")
    emitted = await used_per_day(hass, "strom", EMISSIONS.kind)
    assert emitted
    assert emitted == pytest.approx(
        {day: use * _GRAMS_PER_KWH for day, use in used.items()}
    )
    await house.runtime_data.housekeeping.async_find_orphans()
    assert ir.async_get(hass).async_get_issue(DOMAIN, ISSUE_ORPHANED) is None
    assert EMISSIONS.id_of("strom") in identities.claims("strom")
    misplaced = Entry(DashboardPlace.GRID, EMISSIONS.id_of("strom"))
    told = plan(house_of(hass, house), [misplaced], date(2026, 3, 10))
    assert [one.fault for one in told.findings] == [Fault.WRONG_PLACE]
    assert [one.statistic_id for one in told.additions] == [CONSUMPTION.id_of("strom")]
    await act(hass, "wipe_processed", confirm=True)
    assert not await used_per_day(hass, "strom", EMISSIONS.kind)


async def test_a_new_entity_is_a_row_of_its_table(
    hass: HomeAssistant, house: NkConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = (*METER_SENSORS, FORMER)
    monkeypatch.setattr(sensor, "METER_SENSORS", table)
    keys = {**identities.ENTITY_KEYS}
    keys["sensor"] |= {FORMER.key}
    monkeypatch.setattr(identities, "ENTITY_KEYS", keys)
    await _read(hass, house)
    unique_id = f"strom_{FORMER.key}"
    entity_id = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, unique_id)
    assert entity_id is not None
    state = hass.states.get(entity_id)
    assert state is not None
    assert (state.state, state.attributes["unit_of_measurement"]) == ("1370.0", "kWh")
    assert f"sensor.{unique_id}" in identities.claims("strom")

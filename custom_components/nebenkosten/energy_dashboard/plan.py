"""The plan of the energy dashboard: what is missing and what is counted twice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ..engine.domain import units
from ..engine.domain.meters import AnyMeter, House, Medium, Meter, Role, Virtual
from ..statistic_catalog import dashboard_ids, offered_id, statistic_ids


class DashboardPlace(StrEnum):
    """Where in the energy dashboard something stands."""

    GRID = "grid"
    FEED_IN = "feed_in"
    SOLAR = "solar"
    GAS = "gas"
    WATER = "water"
    DEVICE = "device"
    WATER_DEVICE = "water_device"
    OTHER = "other"


class Fault(StrEnum):
    """What is wrong with an entry of the dashboard."""

    GONE = "gone"
    PART_BESIDE_WHOLE = "part_beside_whole"
    SENSOR_BESIDE_METER = "sensor_beside_meter"
    SOURCE_BESIDE_MASTER = "source_beside_master"
    WRONG_PLACE = "wrong_place"


@dataclass(frozen=True, slots=True)
class Entry:
    """A statistic at its place; `included_in` is the device that contains it."""

    place: DashboardPlace
    statistic_id: str
    included_in: str | None = None


@dataclass(frozen=True, slots=True)
class DashboardFinding:
    """An entry that is wrong, and the other thing that it collides with."""

    fault: Fault
    entry: Entry
    name: str
    other: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is missing, and what should be taken out."""

    additions: tuple[Entry, ...]
    findings: tuple[DashboardFinding, ...]


_SOURCES = (
    DashboardPlace.GRID,
    DashboardPlace.FEED_IN,
    DashboardPlace.SOLAR,
    DashboardPlace.GAS,
    DashboardPlace.WATER,
)


def plan(house: House, entries: Sequence[Entry], today: date) -> Plan:
    """Compare the dashboard's entries with the house."""
    wired = _Wiring(house, entries, today)
    return Plan(tuple(wired.additions()), tuple(wired.findings()))


def findings_text(
    findings: Sequence[DashboardFinding], sentences: Mapping[str, str]
) -> str:
    """Return a line for each finding."""
    return "\n".join(
        f"- {sentences[f'wiring_{one.fault}'].format(name=one.name, other=one.other)}"
        for one in findings
    )


class _Wiring:
    def __init__(self, house: House, entries: Sequence[Entry], today: date) -> None:
        self._entries, self._today = entries, today
        self._meters = {meter.key: meter for meter in house.all_meters}
        self._ours = {
            statistic: meter
            for key, meter in self._meters.items()
            for statistic in statistic_ids(key)
        }
        self._left_out = {one for key in house.left_out for one in statistic_ids(key)}
        self._there = {entry.statistic_id for entry in entries}
        self._joined = {key: meter for meter in house.masters for key in meter.operands}

    # --- what is missing ---------------------------------------------------------

    def additions(self) -> Iterator[Entry]:
        """Yield an entry for each meter that has a place and is not there yet."""
        places = {k: p for k, m in self._meters.items() if (p := self.place(m))}
        for key, place in places.items():
            ours = offered_id(key)
            there = not self._there.isdisjoint(dashboard_ids(key))
            if there or self._fed_by_wired(self._meters[key]):
                continue
            above = (self._meters[key].part_of or "").lower()
            inside = places.get(above) is place and place not in _SOURCES
            yield Entry(place, ours, offered_id(above) if inside else None)

    def place(self, meter: AnyMeter) -> DashboardPlace | None:
        """Return where a meter belongs, None where the dashboard has no place."""
        ended = meter.last_day is not None and meter.last_day < self._today
        if meter.key in self._joined or ended:
            return None
        if meter.role is Role.PRODUCTION or meter.role is Role.FEED_IN:
            if meter.medium is not Medium.ELECTRICITY:
                return None
            return (
                DashboardPlace.SOLAR
                if meter.role is Role.PRODUCTION
                else DashboardPlace.FEED_IN
            )
        if meter.role is Role.SUB or (meter.part_of and meter.role is None):
            return _part_place(meter)
        if meter.role is Role.MAIN or self._alone(meter):
            return _whole_place(meter)
        return None

    def _alone(self, meter: AnyMeter) -> bool:
        """Return whether a meter without a role can only be the main one."""
        if meter.role is not None or isinstance(meter, Virtual):
            return False
        subtracted = {
            term.meter_id.lower()
            for one in self._meters.values()
            if isinstance(one, Virtual)
            for term in one.terms
            if term.factor < 0
        }
        rivals = [
            one
            for one in self._meters.values()
            if one.medium is meter.medium
            and not isinstance(one, Virtual)
            and one.key not in self._joined | dict.fromkeys(subtracted)
            and one.part_of is None
            and one.role in (None, Role.MAIN)
        ]
        return rivals == [meter]

    def _fed_by_wired(self, meter: AnyMeter) -> str | None:
        """Return a source of a meter that stands in the dashboard by itself."""
        sources = meter.sources if isinstance(meter, Meter) else ()
        found = (s.reference for s in sources if s.reference in self._there)
        return next(found, None)

    # --- what is wrong -----------------------------------------------------------

    def findings(self) -> Iterator[DashboardFinding]:
        """Yield each of our entries that is counted twice or misplaced."""
        for entry in self._entries:
            ours = entry.statistic_id.startswith("nebenkosten:")
            if not ours or entry.statistic_id in self._left_out:
                continue
            meter = self._ours.get(entry.statistic_id)
            if meter is None:
                yield DashboardFinding(Fault.GONE, entry, entry.statistic_id, "")
                continue
            found = self._fault(entry, meter)
            if found is not None:
                yield DashboardFinding(found[0], entry, meter.name, found[1])

    def _fault(self, entry: Entry, meter: AnyMeter) -> tuple[Fault, str] | None:
        fits = entry.statistic_id in dashboard_ids(meter.key)
        if not fits or entry.place not in _fitting(meter):
            return Fault.WRONG_PLACE, entry.place.value
        twin = offered_id(meter.key)
        if entry.statistic_id != twin and twin in self._there:
            return Fault.SENSOR_BESIDE_METER, twin
        sensor = self._fed_by_wired(meter)
        if sensor is not None:
            return Fault.SENSOR_BESIDE_METER, sensor
        master = self._joined.get(meter.key)
        if master is not None and self._stands(master, entry.place):
            return Fault.SOURCE_BESIDE_MASTER, master.name
        whole = self._whole_of(meter)
        if whole is not None and entry.place in _SOURCES:
            return Fault.PART_BESIDE_WHOLE, whole.name
        return None

    def _stands(self, meter: AnyMeter, place: DashboardPlace) -> bool:
        ours = offered_id(meter.key)
        return any(e.place is place and e.statistic_id == ours for e in self._entries)

    def _whole_of(self, meter: AnyMeter) -> AnyMeter | None:
        """Return a meter above this one that is a source of the dashboard, too."""
        passed = {meter.key}
        above = self._meters.get((meter.part_of or "").lower())
        while above is not None and above.key not in passed:
            if any(self._stands(above, place) for place in _SOURCES):
                return above
            passed.add(above.key)
            above = self._meters.get((above.part_of or "").lower())
        return None


def _dimension(meter: AnyMeter) -> str | None:
    return units.dimension(meter.unit)


def _part_place(meter: AnyMeter) -> DashboardPlace | None:
    if meter.medium is Medium.ELECTRICITY and _dimension(meter) == "energy":
        return DashboardPlace.DEVICE
    if meter.medium is Medium.WATER and _dimension(meter) == "volume":
        return DashboardPlace.WATER_DEVICE
    return None


def _whole_place(meter: AnyMeter) -> DashboardPlace | None:
    places: Mapping[Medium, DashboardPlace] = {
        Medium.ELECTRICITY: DashboardPlace.GRID,
        Medium.GAS: DashboardPlace.GAS,
        Medium.WATER: DashboardPlace.WATER,
    }
    return places.get(meter.medium) if _dimension(meter) is not None else None


def _fitting(meter: AnyMeter) -> tuple[DashboardPlace, ...]:
    """Return the places at which a medium can stand at all."""
    if meter.medium is Medium.GAS:
        return (DashboardPlace.GAS,)
    if meter.medium is Medium.WATER:
        return (DashboardPlace.WATER, DashboardPlace.WATER_DEVICE)
    if meter.medium is Medium.ELECTRICITY:
        return (
            DashboardPlace.GRID,
            DashboardPlace.FEED_IN,
            DashboardPlace.SOLAR,
            DashboardPlace.DEVICE,
            DashboardPlace.OTHER,
        )
    return (DashboardPlace.DEVICE, DashboardPlace.OTHER)

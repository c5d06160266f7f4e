"""What does a house folder hold: meters, readings and what cannot be read?"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from ..engine import units
from ..engine.definition import (
    Plain,
    gas_factor,
    is_meter_id,
    master_from,
    meter_from,
    virtual_from,
    year_start,
)
from ..engine.meter import (
    DEFAULT_GAS,
    AnyMeter,
    GasFactor,
    House,
    Master,
    Medium,
    Meter,
    Virtual,
)
from ..engine.model import Temperature
from .csv_readings import Expectation, Parsed, decode, parse

_MONTHS = 12


class HouseError(ValueError):
    """A house folder that cannot be read; the message is for people."""


@dataclass(frozen=True, slots=True)
class HouseFolder:
    """A house with its readings, and the outdoor temperatures beside them."""

    house: House
    files: tuple[tuple[Path, Meter | None], ...]
    temperature: Temperature | None

    def readings(self) -> list[tuple[Path, Parsed]]:
        """Read all files of readings; none of their rows is checked for the future."""
        expected = Expectation(
            meters={meter.key: meter for meter in self.house.meters},
            zone=ZoneInfo(self.house.time_zone),
            latest=float("inf"),
        )
        return [
            (
                path,
                parse(decode(path.read_bytes()), replace(expected, only_meter=meter)),
            )
            for path, meter in self.files
        ]


def read_house(folder: Path) -> HouseFolder:
    """Read meters.yaml and what lies beside it; raises HouseError with the reason."""
    path = folder / "meters.yaml"
    if not path.exists():
        raise HouseError(f"{path} is missing")
    entries = _entries(path)
    config = _mapping(folder / "config.yaml")
    patterns = _patterns(folder / "seasonal_patterns.yaml")
    gas_keys = _gas_keys(entries)
    kinds: dict[str, list[AnyMeter]] = {"physical": [], "master": [], "virtual": []}
    for entry in entries:
        data = {**entry}
        key = str(entry["meter_id"]).lower()
        data.setdefault(
            "medium", (Medium.GAS if key in gas_keys else Medium.OTHER).value
        )
        if key in patterns:
            data.setdefault("profile", patterns[key])
        kind = str(entry.get("type", "physical"))
        if kind not in kinds:
            raise HouseError(f"{path}: {entry['meter_id']}: no such type: {kind}")
        kinds[kind].append(_meter(data, kind, path))
    house = House(
        time_zone=str(config.get("time_zone") or "Europe/Berlin"),
        meters=tuple(m for m in kinds["physical"] if isinstance(m, Meter)),
        masters=tuple(m for m in kinds["master"] if isinstance(m, Master)),
        virtuals=tuple(m for m in kinds["virtual"] if isinstance(m, Virtual)),
        gas=_gas(config, folder),
        billing_year_start=year_start(config.get("billing_year_start")) or (1, 1),
    )
    return HouseFolder(house, tuple(_files(folder, house)), _temperature(folder))


def _entries(path: Path) -> list[dict[str, Plain]]:
    found = _mapping(path).get("meters")
    if not isinstance(found, list):
        raise HouseError(f"{path}: a list under 'meters' is missing")
    entries = [
        entry for entry in found if isinstance(entry, dict) and "meter_id" in entry
    ]
    if len(entries) < len(found):
        raise HouseError(f"{path}: an entry without meter_id")
    return entries


def _mapping(path: Path) -> dict[str, Plain]:
    content = _yaml(path) if path.exists() else None
    return content if isinstance(content, dict) else {}


def _patterns(path: Path) -> dict[str, list[Plain]]:
    """Return twelve monthly shares by meter key."""
    found = _mapping(path).get("patterns")
    shares: dict[str, list[Plain]] = {}
    for meter_id, pattern in (found if isinstance(found, dict) else {}).items():
        months = (
            pattern.get("monthly_percentages") if isinstance(pattern, dict) else None
        )
        if not isinstance(months, list) or len(months) != _MONTHS:
            raise HouseError(
                f"{path}: {meter_id}: twelve monthly_percentages are needed"
            )
        shares[str(meter_id).lower()] = months
    return shares


def _gas_keys(entries: list[dict[str, Plain]]) -> set[str]:
    """Return the keys of the meters between which m³ and kWh of gas are converted."""
    keys: set[str] = set()
    for entry in entries:
        given = entry.get("subtract_meter_conversions")
        conversions = given if isinstance(given, dict) else {}
        if any(
            isinstance(pair, dict)
            and {units.dimension(units.canonical(str(u))) for u in pair.values()}
            == {"energy", "volume"}
            for pair in conversions.values()
        ):
            keys |= {
                str(entry["meter_id"]).lower(),
                str(entry.get("base_meter")).lower(),
            }
            keys |= {key.lower() for key in conversions}
    for entry in entries:
        if str(entry["meter_id"]).lower() in keys:
            keys |= _sources(entry)
    return keys


def _sources(entry: dict[str, Plain]) -> set[str]:
    """Return the keys of a master's sources."""
    periods = entry.get("periods")
    named: list[Plain] = []
    for period in periods if isinstance(periods, list) else []:
        sources = period.get("source_meters") if isinstance(period, dict) else None
        named += sources if isinstance(sources, list) else []
    return {str(source).lower() for source in named}


def _gas(config: dict[str, Plain], folder: Path) -> tuple[GasFactor, ...]:
    """Return the dated gas factors: one for all time, or a list with `valid_from`."""
    given = config.get("gas_conversion")
    entries = given if isinstance(given, list) else [given] if given else []
    try:
        return tuple(gas_factor(entry) for entry in entries) or (DEFAULT_GAS,)
    except (KeyError, TypeError, ValueError) as error:
        raise HouseError(
            f"{folder / 'config.yaml'}: gas_conversion: {error}"
        ) from error


def _temperature(folder: Path) -> Temperature | None:
    """Read `temperature.csv` (date, mean_c); days that are missing are gaps."""
    path = folder / "temperature.csv"
    if not path.exists():
        return None
    means: dict[date, float] = {}
    for number, line in enumerate(decode(path.read_bytes()).splitlines()[1:], 2):
        cells = line.replace(";", ",").replace("\t", ",").split(",")
        try:
            if cells[1].strip():
                means[date.fromisoformat(cells[0].strip())] = float(cells[1])
        except (IndexError, ValueError) as error:
            raise HouseError(f"{path}, line {number}: {error}") from error
    if not means:
        return None
    first, last = min(means), max(means)
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    return Temperature(first, [means.get(day, float("nan")) for day in days])


def _yaml(path: Path) -> object:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise HouseError(f"{path} is no YAML: {error}") from error


def _files(folder: Path, house: House) -> list[tuple[Path, Meter | None]]:
    files: list[tuple[Path, Meter | None]] = []
    if (folder / "readings.csv").exists():
        files.append((folder / "readings.csv", None))
    for meter in house.meters:
        path = folder / "readings" / f"{meter.meter_id}.csv"
        if path.exists():
            files.append((path, meter))
    return files


def _meter(entry: dict[str, Plain], kind: str, path: Path) -> AnyMeter:
    meter_id = str(entry["meter_id"])
    if not is_meter_id(meter_id):
        raise HouseError(f"{path}: {meter_id!r} is no meter_id")
    name = str(entry.get("name") or entry.get("description") or meter_id)
    data: dict[str, Plain] = {
        **entry,
        "unit": units.canonical(str(entry.get("output_unit", "kWh"))),
        "installed": entry.get("installation_date"),
        "removed": entry.get("deinstallation_date"),
    }
    try:
        if kind == "master":
            return master_from(name, data)
        if kind == "virtual":
            return virtual_from(name, data)
        return meter_from(name, data)
    except (KeyError, TypeError, ValueError) as error:
        raise HouseError(f"{path}: {meter_id}: {error}") from error

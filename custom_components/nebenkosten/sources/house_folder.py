"""What does a house folder hold: meters, readings and what cannot be read?"""

from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from ..engine import units
from ..engine.definition import Plain, is_meter_id, meter_from
from ..engine.meter import House, Medium, Meter
from .csv_readings import Expectation, Parsed, decode, parse


class HouseError(ValueError):
    """A house folder that cannot be read; the message is for people."""


@dataclass(frozen=True, slots=True)
class HouseFolder:
    """A house with its readings; `left_out` names meters of kinds not known yet."""

    house: House
    files: tuple[tuple[Path, Meter | None], ...]
    left_out: tuple[str, ...]

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
    """Read meters.yaml and find the readings; raises HouseError with the reason."""
    path = folder / "meters.yaml"
    if not path.exists():
        raise HouseError(f"{path} is missing")
    content = _yaml(path)
    if not isinstance(content, dict) or not isinstance(content.get("meters"), list):
        raise HouseError(f"{path}: a list under 'meters' is missing")
    settings = folder / "config.yaml"
    config = _yaml(settings) if settings.exists() else None
    zone = config.get("time_zone") if isinstance(config, dict) else None
    meters, left_out = [], []
    for entry in content["meters"]:
        if not isinstance(entry, dict) or "meter_id" not in entry:
            raise HouseError(f"{path}: an entry without meter_id")
        if entry.get("type", "physical") == "physical":
            meters.append(_meter(entry, path))
        else:
            left_out.append(str(entry["meter_id"]))
    house = House(time_zone=str(zone or "Europe/Berlin"), meters=tuple(meters))
    return HouseFolder(house, tuple(_files(folder, house)), tuple(left_out))


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


def _meter(entry: dict[str, Plain], path: Path) -> Meter:
    meter_id = str(entry["meter_id"])
    if not is_meter_id(meter_id):
        raise HouseError(f"{path}: {meter_id!r} is no meter_id")
    name = str(entry.get("name") or entry.get("description") or meter_id)
    data: dict[str, Plain] = {
        "medium": Medium.OTHER,
        **entry,
        "unit": units.canonical(str(entry.get("output_unit", "kWh"))),
        "installed": entry.get("installation_date"),
        "removed": entry.get("deinstallation_date"),
    }
    try:
        return meter_from(name, data)
    except (KeyError, TypeError, ValueError) as error:
        raise HouseError(f"{path}: {meter_id}: {error}") from error

"""A house folder: its meters, readings and what cannot be read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from ..engine.domain.meters import House, Meter
from ..engine.domain.report import Severity, Temperature
from ..messages.file_problems import FileProblem
from .csv_readings import parse
from .original import CONFIG, LARGEST_YAML, METERS, PATTERNS, read_original
from .reading_cells import RowContext
from .reading_rows import Parsed
from .regular_file import read_regular
from .table import LARGEST, csv_table, decode
from .text import TextError, parse_day, parse_number

_BERLIN: Final = "Europe/Berlin"
_CLIMATE: Final = ("date", "mean_c")


class HouseError(ValueError):
    """A house folder that cannot be read; `problem` says where and why."""

    def __init__(self, folder: Path, problem: FileProblem) -> None:
        """Name the place; the sentence is in the texts."""
        place = f"{folder / problem.file}, line {problem.line}"
        super().__init__(f"{place}: {problem.code} {dict(problem.data) or ''}".strip())
        self.folder = folder
        self.problem = problem


@dataclass(frozen=True, slots=True)
class HouseFolder:
    """A house with its readings, and the outdoor temperatures beside them.

    `definitions` are its files by what they define; `unnamed_media` the keys of meters
    of which they do not say what flows through.
    """

    house: House
    definitions: Mapping[str, Path]
    unnamed_media: frozenset[str]
    files: tuple[tuple[Path, Meter | None], ...]
    temperature: Temperature | None

    def readings(self) -> Iterator[tuple[Path, Parsed]]:
        """Read one file of readings after the other, as each is asked for.

        None of their rows is checked for the future.
        """
        expected = RowContext(
            meters={meter.key: meter for meter in self.house.meters},
            zone=ZoneInfo(self.house.time_zone),
            latest=float("inf"),
        )
        for path, meter in self.files:
            yield path, parse(_content(path), replace(expected, only_meter=meter))


def read_house(folder: Path) -> HouseFolder:
    """Read meters.yaml and what lies beside it; raises HouseError with the reason."""
    if not (folder / METERS).exists():
        raise _error(folder, METERS, 1, "file_missing")
    meters, patterns, config = (
        _text(folder / name) for name in (METERS, PATTERNS, CONFIG)
    )
    found = read_original(meters, patterns, config)
    for problem in found.problems:
        if problem.severity is Severity.ERROR:
            raise HouseError(folder, problem)
    house = found.house(_BERLIN)
    names = {"meters": METERS, "patterns": PATTERNS, "config": CONFIG}
    return HouseFolder(
        house,
        {k: folder / name for k, name in names.items() if (folder / name).exists()},
        frozenset(found.suggested),
        tuple(_files(folder, house)),
        _temperature(folder),
    )


def _error(folder: Path, file: str, line: int, code: str) -> HouseError:
    problem = FileProblem(file=file, line=line, code=code, severity=Severity.ERROR)
    return HouseError(folder, problem)


def _text(path: Path) -> str:
    return _content(path, LARGEST_YAML) if path.exists() else ""


def _content(path: Path, most: int = LARGEST) -> str:
    """Return a file's text; raises FileError."""
    return decode(read_regular(path.resolve(), most=most))


def _temperature(folder: Path) -> Temperature | None:
    """Read `temperature.csv` (date, mean_c); days that are missing are gaps."""
    path = folder / "temperature.csv"
    if not path.exists():
        return None
    means: dict[date, float] = {}
    table = csv_table(_content(path))
    names = [name.lower() for name in table.header]
    day, mean = (names.index(n) if n in names else i for i, n in enumerate(_CLIMATE))
    for number, cells in table.rows:
        try:
            values = _whole(cells, len(names))
            if values[mean].strip():
                means[parse_day(values[day])] = parse_number(values[mean]).decimal
        except (IndexError, TextError) as error:
            raise _error(folder, path.name, number, "temperature_invalid") from error
    if not means:
        return None
    first, last = min(means), max(means)
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    return Temperature(first, [means.get(day, float("nan")) for day in days])


def _whole(cells: Sequence[str], columns: int) -> Sequence[str]:
    """Return a row's cells; in a table by commas a decimal comma cut one in two."""
    if columns == len(_CLIMATE) == len(cells) - 1:
        return cells[0], f"{cells[1]},{cells[2]}"
    return cells


def _files(folder: Path, house: House) -> list[tuple[Path, Meter | None]]:
    files: list[tuple[Path, Meter | None]] = []
    if (folder / "readings.csv").exists():
        files.append((folder / "readings.csv", None))
    for meter in house.meters:
        path = folder / "readings" / f"{meter.meter_id}.csv"
        if path.exists():
            files.append((path, meter))
    return files

"""The cost of a house folder whose files hold 2.1 million readings.

Ten meters, read every five minutes for two years, are read and computed by the engine's
command. The ratio is to the rows of texts that Python's own reader of CSV makes of the
same files, measured beside it. `python -m scripts.bench_files` prints the table.
"""

import csv
from datetime import UTC, datetime, timedelta
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import time
from typing import Final

import numpy as np
import yaml

REPOSITORY: Final = Path(__file__).resolve().parent.parent
_METERS: Final = 10
_ROWS: Final = 210_000
_BEGIN: Final = datetime(2023, 1, 1, tzinfo=UTC)
_STEP: Final = timedelta(minutes=5)
LIMITS: Final = {
    "2.1 million readings in files: × reading them as rows of texts": 8.0,
    "2.1 million readings in files: processor time [s]": 6.0,
    "2.1 million readings in files: memory [MB]": 500.0,
}


def measured() -> dict[str, float]:
    """Return the ratio, the processor time [s] and the memory [MB], start included."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_house(folder)
        begin = time.process_time()
        for path in (folder / "readings").iterdir():
            with path.open(encoding="utf-8", newline="") as file:
                list(csv.reader(file, delimiter=";"))
        bare = time.process_time() - begin
        seconds, memory = _command(folder)
    return dict(zip(LIMITS, (seconds / bare, seconds, memory), strict=True))


def _command(folder: Path) -> tuple[float, float]:
    """Return the command's processor time [s] and its peak of memory [MB]."""
    module = "custom_components.nebenkosten.engine"
    arguments = [str(folder), "--json", str(folder / "result.json")]
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], cwd=REPOSITORY
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def _write_house(folder: Path) -> None:
    meters = [
        {
            "meter_id": f"m{number}",
            "type": "physical",
            "output_unit": "kWh",
            "medium": "electricity",
        }
        for number in range(_METERS)
    ]
    (folder / "meters.yaml").write_text(yaml.safe_dump({"meters": meters}))
    (folder / "readings").mkdir()
    for number in range(_METERS):
        dial = np.cumsum(np.random.default_rng(number).gamma(4, 0.01, _ROWS)).tolist()
        with (folder / "readings" / f"m{number}.csv").open("w") as file:
            file.write("time;value\n")
            file.writelines(
                f"{_BEGIN + place * _STEP:%Y-%m-%d %H:%M};{value:.4f}\n"
                for place, value in enumerate(dial)
            )


def print_table(found: dict[str, float]) -> None:
    """Print it beside the limits."""
    sys.stdout.write("| files | measured | limit |\n|---|---|---|\n")
    for name, value in found.items():
        sys.stdout.write(f"| {name} | {value:.2f} | {LIMITS[name]:g} |\n")


def kept(found: dict[str, float]) -> bool:
    """Return whether all lies within the limits."""
    return all(value <= LIMITS[name] for name, value in found.items())


def main() -> int:
    """Print a table; 0 only within the limits."""
    found = measured()
    print_table(found)
    return 0 if kept(found) else 1


if __name__ == "__main__":
    sys.exit(main())

"""The comparison of the engine's results with another checkout's, bit for bit.

`python -m scripts.results OTHER [--houses N] [FOLDER ...]` computes the example house,
the folders that are named (those without readings get random ones) and N random houses
with this checkout and with OTHER. It says which differ, and how long each took.
"""

import argparse
from dataclasses import dataclass
import json
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
from typing import Final

import numpy as np

from scripts.random_house import write_random_house, write_random_readings

REPOSITORY: Final = Path(__file__).resolve().parent.parent
_HOUSES: Final = 200
# A result [bytes] that is shorter is none.
_SHORTEST: Final = 100
# One process for all: the command's door is the one that no move may close.
_PROGRAM: Final = """
import contextlib, hashlib, io, json, runpy, sys, time
sys.path.insert(0, sys.argv[1])
folders, took, found = sys.argv[2:], 0.0, {}
for folder in folders:
    sys.argv, out = ["engine", folder, "--json", "-"], io.StringIO()
    begin = time.process_time()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        runpy.run_module("custom_components.nebenkosten.engine", run_name="__main__")
    took += time.process_time() - begin
    result = json.loads(out.getvalue() or "{}")
    for name in ("duration_s", "stages_s"):
        result.get("run", {}).pop(name, None)
    text = json.dumps(result, sort_keys=True).encode()
    found[folder] = hashlib.sha256(text).hexdigest(), len(text)
print(json.dumps({"took": took, "found": found}))
"""


@dataclass(frozen=True, slots=True)
class Results:
    """What a checkout says: processor time [s], each folder's digest and its length."""

    took: float
    found: dict[str, tuple[str, int]]


def main() -> int:
    """Print what differs; 0 only where nothing does and every house has a result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path, help="the checkout to compare with")
    parser.add_argument("folders", type=Path, nargs="*", help="house folders beside")
    parser.add_argument("--houses", type=int, default=_HOUSES, help="random houses")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folders = _folders(Path(name), options.folders, options.houses)
        ours, theirs = (_results(one, folders) for one in (REPOSITORY, options.other))
    differ = [one for one in folders if ours.found[one] != theirs.found[one]]
    empty = [one for one in folders if ours.found[one][1] < _SHORTEST]
    sys.stdout.write(
        f"{len(folders)} houses, {len(differ)} differ, {len(empty)} without a result;"
        f" {ours.took:.1f} s here, {theirs.took:.1f} s there\n"
    )
    sys.stdout.writelines(f"differs: {one}\n" for one in differ)
    sys.stdout.writelines(f"without a result: {one}\n" for one in empty)
    return 1 if differ or empty else 0


def _folders(place: Path, named: list[Path], houses: int) -> list[str]:
    """Return house folders, made in `place` where they have to be."""
    found = [str(REPOSITORY / "examples" / "house")]
    for number, folder in enumerate(named):
        if (folder / "readings").exists() or (folder / "readings.csv").exists():
            found.append(str(folder))
            continue
        copy = place / f"named{number}"
        shutil.copytree(folder, copy)
        write_random_readings(copy, np.random.default_rng(number))
        found.append(str(copy))
    for number in range(houses):
        write_random_house(place / f"house{number}", number)
        found.append(str(place / f"house{number}"))
    return found


def _results(checkout: Path, folders: list[str]) -> Results:
    """Return what a checkout says of the folders."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(checkout.resolve()), *folders],
        capture_output=True,
        text=True,
        check=True,
        cwd=checkout,
    )
    answer = json.loads(done.stdout)
    found = {key: (digest, length) for key, (digest, length) in answer["found"].items()}
    return Results(answer["took"], found)


if __name__ == "__main__":
    sys.exit(main())

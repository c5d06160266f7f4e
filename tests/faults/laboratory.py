"""Does one fault after the other to real Home Assistant processes, and looks.

`python -m tests.faults.laboratory --minutes 30` prints a report; the exit status is 0
only where no reading or decision was lost, no published day was wrong, nothing hung, no
secret was seen, and memory and event loop kept within their limits.
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
import json
import logging
from pathlib import Path
import random
import sqlite3
import sys
import tempfile
import time
import traceback
import urllib.parse
import urllib.request

from scripts.home_assistant import HomeAssistantError
from scripts.servers import Influxd, free_port, unpack

from ..gate import gate_before
from .decisions import Decisions
from .doing import Fault
from .kinds import ALONE, through
from .measures import Measures
from .secrets import seen, told
from .subject import BOX, CANARY, Subject
from .truth import HungError, LostError, Truth, WrongError

# What may come of a house that is not as a fault expects it: a failure like others.
_BROKEN = (OSError, HTTPException, sqlite3.Error, LookupError, ValueError)
_LOGGER = logging.getLogger(__name__)
# So long a kind takes [s] before it was done once.
_UNKNOWN = 5.0
# The choice is fresh for each kind: a long one comes a tenth as often as a short one.
_LONGEST = 20.0
# In half an hour each kind is done so often, whatever the dice say.
_AT_LEAST = 2


@dataclass
class Report:
    """What was done and what came of it."""

    faults: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    lag: float = 0.0
    memory: float = 0.0
    seconds: float = 0.0
    took: dict[str, float] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Return whether nothing happened that must not."""
        return not (self.lost or self.wrong or self.hung or self.secrets or self.limits)

    def add(self, other: Report) -> None:
        """Count another worker's faults in."""
        self.faults += other.faults
        for kind, took in other.took.items():
            self.took[kind] = self.took.get(kind, 0.0) + took
        self.lost += other.lost
        self.wrong += other.wrong
        self.hung += other.hung
        self.secrets += other.secrets
        self.limits += other.limits
        self.lag = max(self.lag, other.lag)
        self.memory = max(self.memory, other.memory)

    def measured(self, measures: Measures) -> None:
        """Take over what a house cost."""
        self.lag, self.memory = measures.lag, measures.memory
        self.limits += measures.broken()

    def _headline(self) -> str:
        minutes = self.seconds / 60
        kinds = len(self.faults)
        return f"{self.faults.total()} faults of {kinds} kinds in {minutes:.1f} minutes"

    def markdown(self) -> str:
        """Return the report as tables."""
        rows = [
            f"| {kind} | {count} | {self.took[kind] / count:.1f} |"
            for kind, count in sorted(self.faults.items())
        ]
        counted = {
            "readings or decisions lost": self.lost,
            "wrong published days": self.wrong,
            "hangs": self.hung,
            "secrets seen": self.secrets,
            "limits broken": self.limits,
        }
        return "\n".join(
            [
                self._headline(),
                "",
                "| after recovery | |",
                "|---|---|",
                *(f"| {name} | {len(found)} |" for name, found in counted.items()),
                f"| longest hold of the loop by us | {1000 * self.lag:.0f} ms |",
                f"| memory above Home Assistant's own | {self.memory:.0f} MB |",
                "",
                "| fault | times | seconds |",
                "|---|---|---|",
                *rows,
                *(
                    f"- {name}: {one}"
                    for name, found in counted.items()
                    for one in found
                ),
            ]
        )


class Worker:
    """One house, one process, one fault after the other."""

    def __init__(self, folder: Path, seed: int, influxd: Influxd) -> None:
        """Lay out a house of its own."""
        self._dice = random.Random(seed)
        self._influxd = influxd
        self._name = f"faults{seed}"
        self._folder = folder
        self._took: dict[str, float] = {}
        self.report = Report()

    def work(self, until: float, at_least: Sequence[str] = ()) -> Report:
        """Do faults until the time [monotonic s] is over and each one was done."""
        with gate_before(self._influxd.url) as gate:
            kinds = {**ALONE, **through(gate)}
            self._make_place(f"{self._name}_raw")
            folder = self._folder / self._name
            self.subject = Subject(folder, free_port(), self._dice, gate)
            self.subject.begin(
                {
                    "url": gate.url,
                    "raw": f"{self._name}_raw",
                    "processed": f"{self._name}_out",
                    "username": "somebody",
                    "password": CANARY,
                    "verify_ssl": True,
                }
            )
            try:
                due = list(reversed(at_least))
                while due or time.monotonic() < until:
                    name = due.pop() if due else self._choose(list(kinds))
                    self._do(name, kinds)
                self.report.secrets += told(self.subject)
            finally:
                self.subject.server.stop()
                self.report.measured(self.subject.measures)
                self.report.secrets += seen(self.subject, self.subject.server.token)
        return self.report

    def _choose(self, kinds: list[str]) -> str:
        """Let short kinds come more often than long ones."""
        weights = [1 / min(self._took.get(kind, _UNKNOWN), _LONGEST) for kind in kinds]
        return self._dice.choices(kinds, weights)[0]

    def _make_place(self, name: str) -> None:
        query = urllib.parse.urlencode({"q": f'CREATE DATABASE "{name}"'})
        request = urllib.request.Request(
            f"{self._influxd.url}/query?{query}", method="POST"
        )
        with urllib.request.urlopen(request, timeout=30):
            pass

    def _do(self, name: str, kinds: Mapping[str, Fault]) -> None:
        self.report.faults[name] += 1
        begin = time.monotonic()
        try:
            kinds[name](self.subject, self._dice)
            self.subject.verify()
        except LostError as error:
            self._failed(self.report.lost, f"{name}: {error}")
        except WrongError as error:
            self._failed(self.report.wrong, f"{name}: {error}")
        except (HungError, HomeAssistantError, *_BROKEN) as error:
            trace = traceback.format_exc(limit=-3)
            self._failed(self.report.hung, f"{name}: {error!r} {trace}")
        took = time.monotonic() - begin
        _LOGGER.info("%s %s: %.1f s", self._name, name, took)
        self._took[name] = max(took, 0.5)
        self.report.took[name] = self.report.took.get(name, 0.0) + took

    def _failed(self, kept: list[str], failure: str) -> None:
        _LOGGER.error("%s %s", self._name, failure)
        kept.append(failure)
        self._anew()

    def _anew(self) -> None:
        """Go on with what is there: one failure is one failure."""
        subject = self.subject
        subject.restart()
        subject.server.wait_loaded(subject.entry_id)
        subject.server.late.clear()
        for meter, truth in subject.truth.items():
            subject.truth[meter] = Truth(
                values=subject.readings(meter),
                installed=truth.installed,
            )
        subject.decisions = Decisions(
            boxed=[one["value"] for one in subject.records(BOX)],
            automatic=subject.decisions.is_on(subject.server),
        )
        subject.server.act("run_analytics", full=True)


def run(
    folder: Path, minutes: float, workers: int, seed: int, at_least: Sequence[str] = ()
) -> Report:
    """Let workers do faults side by side; returns what came of all of them."""
    unpack()
    influxd = Influxd(folder / "influxdb").start()
    begin = time.monotonic()
    until = begin + 60 * minutes
    report = Report()
    try:
        with ThreadPoolExecutor(workers) as pool:
            shares = [list(at_least[number::workers]) for number in range(workers)]
            made = [Worker(folder, seed + n, influxd) for n in range(workers)]
            jobs = [
                pool.submit(worker.work, until, share)
                for worker, share in zip(made, shares, strict=True)
            ]
            for job in jobs:
                report.add(job.result())
    finally:
        influxd.stop()
    report.seconds = time.monotonic() - begin
    return report


def every_kind() -> list[str]:
    """Return the names of all kinds of faults."""
    with gate_before("http://127.0.0.1:9") as gate:
        return [*ALONE, *through(gate)]


def main() -> int:
    """Do faults for some minutes and print the report; 0 where all was well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument(
        "--seed", type=int, default=random.SystemRandom().randrange(999)
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--only", help="kinds, with commas between them")
    parser.add_argument("--times", type=int, help="how often each kind at least")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    sys.stdout.write(f"seed {given.seed}\n")
    with tempfile.TemporaryDirectory(prefix="faults") as folder:
        times = given.times or (_AT_LEAST if given.minutes >= 20 else 1)
        kinds = given.only.split(",") if given.only else every_kind()
        minutes = 0.0 if given.only else given.minutes
        dice = random.Random(given.seed)
        due = [kind for _ in range(times) for kind in dice.sample(kinds, len(kinds))]
        report = run(Path(folder), minutes, given.workers, given.seed, due)
    sys.stdout.write(report.markdown() + "\n")
    if given.json:
        given.json.write_text(json.dumps(report.__dict__, default=dict))
    return 0 if report.is_good else 1


if __name__ == "__main__":
    sys.exit(main())

"""A house in a real Home Assistant whose truth is known without any engine.

Each meter is read at local midnights that follow each other: what a day used is the
difference of two readings, whatever happens to the process meanwhile.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
import http.client
from itertools import pairwise
from pathlib import Path
import random
import sqlite3
from typing import Any, Final
from zoneinfo import ZoneInfo

from scripts.home_assistant import HomeAssistantError, Server, prepare

ZONE: Final = ZoneInfo("Europe/Berlin")
FIRST: Final = date(2012, 1, 1)
METERS: Final = ("strom", "zwei", "gas")
CANARY: Final = "c4n4ry-never-to-be-seen"
_BEGUN: Final = 40
# What may come of asking a process that is killed, stopped or out of room.
TROUBLE: Final = (OSError, http.client.HTTPException, HomeAssistantError, ValueError)
_CLOSE: Final = 1e-6


class LostError(AssertionError):
    """A reading that was acknowledged is no longer there."""


class WrongError(AssertionError):
    """A day that is published is not the truth."""


@dataclass
class Truth:
    """The readings of one meter: what was acknowledged, and what is in flight."""

    values: dict[date, float] = field(default_factory=dict)
    flying: dict[date, float] = field(default_factory=dict)

    def coming(self, dice: random.Random, count: int = 1) -> dict[date, float]:
        """Let the next readings fly, one a day; returns them."""
        day = max(self.values, default=FIRST - timedelta(days=1))
        value = self.values.get(day, 100.0)
        for _ in range(count):
            day += timedelta(days=1)
            value = round(value + dice.uniform(0.1, 9.9), 3)
            self.flying[day] = value
        return dict(self.flying)

    def landed(self) -> None:
        """Count what flew as acknowledged."""
        self.values |= self.flying
        self.flying.clear()

    def days(self) -> dict[str, float]:
        """Return what each day used."""
        known = sorted(self.values)
        return {
            str(day): self.values[after] - self.values[day]
            for day, after in pairwise(known)
        }


class Subject:
    """The house, its process, and what is true of it."""

    def __init__(self, folder: Path, port: int, dice: random.Random) -> None:
        """Lay out a configuration; nothing runs yet."""
        prepare(folder, port)
        self.folder = folder
        self.dice = dice
        self.server = Server(folder, port)
        self.server.patience = 60.0
        self.truth = {meter: Truth() for meter in METERS}
        self.entry_id = ""
        self.backup = folder.with_name(f"{folder.name}-copy")

    @property
    def journal(self) -> Path:
        """Return the journal's file."""
        return self.folder / "nebenkosten.db"

    @property
    def recorder(self) -> Path:
        """Return the recorder's file."""
        return self.folder / "home-assistant_v2.db"

    def cache(self, name: str) -> Path:
        """Return a file of ours in the storage."""
        return self.folder / ".storage" / f"nebenkosten.{name}"

    # --- setting up ------------------------------------------------------------------

    def begin(self, influxdb: Mapping[str, Any] | None = None) -> None:
        """Start, set the house up and read each meter for some weeks."""
        self.server.start()
        self.entry_id = self.server.add_house(
            influxdb=None if influxdb is None else dict(influxdb)
        )
        for meter in METERS:
            gas = meter == "gas"
            self.server.add_meter(
                self.entry_id,
                {
                    "name": meter,
                    "medium": "gas" if gas else "electricity",
                    "unit": "m³" if gas else "kWh",
                },
            )
        base = "/api/config/config_entries/subentries/flow"
        flow = self.server.post(base, {"handler": [self.entry_id, "virtual_meter"]})
        terms = [{"meter_id": "strom"}, {"meter_id": "zwei", "factor": 2}]
        form = {"name": "summe", "medium": "electricity", "unit": "kWh", "terms": terms}
        self.server.post(f"{base}/{flow['flow_id']}", form)
        self.server.wait_loaded(self.entry_id)
        for meter in METERS:
            self.bring(meter, _BEGUN)
        self.verify()

    def bring(self, meter: str, count: int = 1) -> None:
        """Enter the next readings of a meter: one by one, or many as a file."""
        truth = self.truth[meter]
        coming = truth.coming(self.dice, count)
        if count == 1:
            ((day, value),) = coming.items()
            self.server.act(
                "add_reading", meter_id=meter, value=value, time=f"{day} 00:00"
            )
        else:
            rows = [f"{day} 00:00,{value}" for day, value in coming.items()]
            content = "\n".join(["time,value", *rows])
            self.server.act("import_readings", meter_id=meter, content=content)
        truth.landed()

    def try_to_bring(self, meter: str, count: int = 1) -> bool:
        """Enter readings where that may well fail; returns whether it did not."""
        try:
            self.bring(meter, count)
        except TROUBLE:
            return False
        return True

    # --- looking ---------------------------------------------------------------------

    def verify(self, *, full: bool = False) -> None:
        """Ask for a run; raises LostError or WrongError."""
        self._settle_flying()
        run = self.server.act("run_analytics", full=full)
        if run["status"] != "ok":
            raise WrongError(f"the run is {run['status']}: {run['errors']}")
        published = self.published()
        for meter in METERS:
            self._compare(published, f"{meter}_consumption", self.truth[meter].days())
        first, second = (self.truth[key].days() for key in ("strom", "zwei"))
        both = {day: first[day] + 2 * second[day] for day in first if day in second}
        self._compare(published, "summe_consumption", both)
        energy = {
            day: use * 11.504 * 0.8885 for day, use in self.truth["gas"].days().items()
        }
        self._compare(published, "gas_energy", energy)

    def readings(self, meter: str) -> dict[date, float]:
        """Return the readings that the house uses, by local day."""
        found: dict[date, float] = {}
        data: dict[str, Any] = {"meter_id": meter}
        while True:
            answer = self.server.act("get_readings", **data)
            for one in answer["meters"][meter]["readings"]:
                moment = datetime.fromisoformat(one["time"]).astimezone(ZONE)
                if one["status"] == "used":
                    found[moment.date()] = one["value"]
            if answer.get("next") is None:
                return found
            data["next"] = answer["next"]

    def published(self) -> dict[str, dict[str, float]]:
        """Return the use of each day by statistic, as the energy dashboard reads it."""
        names = [f"{meter}_consumption" for meter in (*METERS, "summe")]
        ids = [f"nebenkosten:{name}" for name in (*names, "gas_energy")]
        (rows,) = self.server.websocket(
            {
                "type": "recorder/statistics_during_period",
                "start_time": "2000-01-01T00:00:00+00:00",
                "statistic_ids": ids,
                "period": "day",
                "types": ["change"],
            }
        )
        return {
            name.partition(":")[2]: {
                str(datetime.fromtimestamp(row["start"] / 1000, ZONE).date()): row[
                    "change"
                ]
                for row in found
            }
            for name, found in rows.items()
        }

    def _settle_flying(self) -> None:
        """Find out what became of readings whose entry was cut short."""
        for meter, truth in self.truth.items():
            found = self.readings(meter)
            for day, value in truth.values.items():
                if found.get(day) != value:
                    raise LostError(f"{meter} {day}: {value} became {found.get(day)}")
            extra = {day: found[day] for day in found.keys() - truth.values.keys()}
            if extra and extra != truth.flying:
                raise WrongError(
                    f"{meter}: {len(extra)} of {len(truth.flying)} readings"
                )
            if not extra:
                truth.flying.clear()
            truth.landed()

    def _compare(
        self, published: Mapping[str, Any], name: str, wanted: Mapping[str, float]
    ) -> None:
        found = published.get(name, {})
        for day, use in wanted.items():
            if day not in found or abs(found[day] - use) > _CLOSE * max(1.0, use):
                raise WrongError(f"{name} {day}: {found.get(day)} in place of {use}")

    # --- what faults do --------------------------------------------------------------

    def restart(self) -> None:
        """End the process at once and start it again."""
        self.server.kill()
        self.server.start()

    @contextmanager
    def down(self) -> Iterator[None]:
        """End the process in order meanwhile."""
        self.server.stop()
        yield
        self.server.start()

    @contextmanager
    def holding(self, path: Path) -> Iterator[None]:
        """Hold the write lock of a database meanwhile."""
        connection = sqlite3.connect(path, timeout=20, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield
        finally:
            connection.close()

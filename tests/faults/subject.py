"""A house in a real Home Assistant whose truth is known without any engine.

Each meter is read at local midnights that follow each other: what a day used is the
difference of two readings, whatever happens to the process meanwhile.
"""

import asyncio
import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
import hmac
import http.client
import json
from pathlib import Path
import random
import sqlite3
import time
from typing import Any, Final, override
from zoneinfo import ZoneInfo

from scripts.home_assistant import HomeAssistantError, Server, prepare

from ..gate import Gate
from .decisions import Decisions
from .measures import Measures
from .truth import HungError, LostError, Truth, WrongError

ZONE: Final = ZoneInfo("Europe/Berlin")
METERS: Final = ("strom", "zwei", "gas")
# Read by nobody but who types into the box, which takes readings of now.
BOX: Final = "kasten"
# With signs that an address or a header writes in another way.
CANARY: Final = "c4n4ry/never+to&be seen"
_BEGUN: Final = 70
# What may come of asking a process that is killed, stopped or out of room.
TROUBLE: Final = (OSError, http.client.HTTPException, HomeAssistantError, ValueError)
_CLOSE: Final = 1e-6
# Nothing may take longer [s]: a run tells then what it could not do. The recorder may
# take five minutes for what is in its queue, an InfluxDB one and a half for an answer.
_LIMIT: Final = 420.0
# After a start the house looks at what the recorder and the servers hold [s]: seconds,
# and on a machine that does much else it may well wait for its turn. Where all is well
# a long limit costs nothing.
_LOOKING: Final = 300.0


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class PatientServer(Server):
    """A client that remembers that an answer did not come within the limit."""

    late: list[str]

    @override
    def _request(self, method: str, path: str, data: dict[str, Any] | None) -> Any:
        begin = time.monotonic()
        try:
            return super()._request(method, path, data)
        except OSError:
            if time.monotonic() - begin >= self.patience:
                self.late.append(f"{method} {path}")
            raise

    @override
    async def _websocket(self, messages: tuple[dict[str, Any], ...]) -> list[Any]:
        try:
            return await asyncio.wait_for(super()._websocket(messages), self.patience)
        except TimeoutError:
            self.late.append(str(messages[-1]["type"]))
            raise


class Subject:
    """The house, its process, and what is true of it."""

    def __init__(
        self, folder: Path, port: int, dice: random.Random, gate: Gate
    ) -> None:
        """Lay out a configuration; nothing runs yet."""
        prepare(folder, port)
        self.folder = folder
        self.dice = dice
        self.server = PatientServer(folder, port)
        self.server.patience = _LIMIT
        self.server.late = []
        self.truth = {meter: Truth() for meter in METERS}
        self.decisions = Decisions()
        self.measures = Measures(folder)
        self.gate = gate
        self.tokens: dict[str, str] = {}
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

    def stored(self, name: str) -> Path:
        """Return a file of ours in the storage."""
        return self.folder / ".storage" / f"nebenkosten.{name}"

    # --- setting up ------------------------------------------------------------------

    def begin(self, influxdb: Mapping[str, Any] | None = None) -> None:
        """Start, set the house up and read each meter for some weeks."""
        self.measures.lay_out()
        self.server.start()
        self.measures.alone(self.server)
        self.entry_id = self.server.add_house(
            influxdb=None if influxdb is None else dict(influxdb)
        )
        for meter in (*METERS, BOX):
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
        # Something to wonder at, so that somebody can say that it is known.
        self.bring("strom", use=60.0)
        self.decisions.begin(self.server)
        self.verify()

    def bring(self, meter: str, count: int = 1, use: float | None = None) -> None:
        """Enter the next readings of a meter: one by one, or many as a file."""
        truth = self.truth[meter]
        coming = truth.coming(self.dice, count, use)
        if count == 1:
            ((day, value),) = coming.items()
            self.server.act(
                "add_reading", meter_id=meter, value=value, time=f"{day} 00:00"
            )
        else:
            rows = [f"{day} 00:00,{value:.4f}" for day, value in coming.items()]
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

    def verify(self) -> None:
        """Look whether all is well again; raises LostError, WrongError, HungError.

        Nothing is forced: a run is asked for as anybody would, and what was changed
        behind its back it finds by itself, in the time that it takes after a start.
        """
        if self.server.late:
            late = ", ".join(self.server.late)
            self.server.late.clear()
            raise HungError(f"no answer within {_LIMIT:.0f} s: {late}")
        self.measures.look(self.server)
        self.server.wait_loaded(self.entry_id)
        self.settle()
        deadline = time.monotonic() + _LOOKING
        while True:
            try:
                self._verify_days()
            except WrongError, HomeAssistantError:
                # Behind what was stored the house may be loaded anew, too.
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)
            else:
                break
        self.decisions.verify(self.server)
        self._verify_notes()

    def _verify_days(self) -> None:
        run = self.server.act("run_analytics")
        if run["status"] != "ok":
            raise WrongError(f"the run is {run['status']}: {run['errors']}")
        published = self.published()
        for meter in METERS:
            found = published.get(f"{meter}_consumption", {})
            for day, after, use in self.truth[meter].spans():
                between = [
                    found.get(str(date.fromordinal(n)))
                    for n in range(day.toordinal(), after.toordinal())
                ]
                total = sum(one or 0.0 for one in between)
                if None in between or abs(total - use) > _CLOSE * max(1.0, use):
                    raise WrongError(f"{meter} {day}: {total} in place of {use}")
        first, second = (self.truth[key].days() for key in ("strom", "zwei"))
        both = {day: first[day] + 2 * second[day] for day in first if day in second}
        self._compare(published, "summe_consumption", both)
        energy = {
            day: use * 11.504 * 0.8885 for day, use in self.truth["gas"].days().items()
        }
        self._compare(published, "gas_energy", energy)

    def _verify_notes(self) -> None:
        for meter, truth in self.truth.items():
            if truth.notes:
                found = {one["day"]: one["note"] for one in self.records(meter)}
                for day, note in truth.notes.items():
                    if day in truth.values and note not in (found.get(day) or ""):
                        raise LostError(f"the note of {meter} {day} is {found[day]}")

    def records(self, meter: str) -> list[dict[str, Any]]:
        """Return the readings that the house uses, each with its local day."""
        found: list[dict[str, Any]] = []
        data: dict[str, Any] = {"meter_id": meter}
        while True:
            answer = self.server.act("get_readings", **data)
            for one in answer["meters"][meter]["readings"]:
                moment = datetime.fromisoformat(one["time"]).astimezone(ZONE)
                if one["status"] == "used" and one["kind"] != "install":
                    found.append({**one, "day": moment.date()})
            if answer.get("next") is None:
                return found
            data["next"] = answer["next"]

    def readings(self, meter: str) -> dict[date, float]:
        """Return the values that the house uses, by local day."""
        return {one["day"]: one["value"] for one in self.records(meter)}

    def record(self, meter: str, day: date) -> int:
        """Return the id of the reading of a day."""
        return next(int(one["id"]) for one in self.records(meter) if one["day"] == day)

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

    def settle(self) -> None:
        """Find out what became of readings whose entry was cut short."""
        for meter, truth in self.truth.items():
            try:
                truth.settle(self.readings(meter))
            except (LostError, WrongError) as error:
                raise type(error)(f"{meter} {error}") from None

    def _compare(
        self, published: Mapping[str, Any], name: str, wanted: Mapping[str, float]
    ) -> None:
        found = published.get(name, {})
        for day, use in wanted.items():
            if day not in found or abs(found[day] - use) > _CLOSE * max(1.0, use):
                raise WrongError(f"{name} {day}: {found.get(day)} in place of {use}")

    # --- what faults do --------------------------------------------------------------

    def issues(self) -> set[str]:
        """Return the ids of the repairs that the house asks for."""
        (told,) = self.server.websocket({"type": "repairs/list_issues"})
        return {
            one["issue_id"] for one in told["issues"] if one["domain"] == "nebenkosten"
        }

    def make_ageless(self) -> None:
        """Write the token anew as of long ago: one of later is refused."""
        path = self.folder / ".storage" / "auth"
        tokens = json.loads(path.read_text())["data"]["refresh_tokens"]
        one = next(token for token in tokens if token["client_name"] == "demo")
        said = {"iss": one["id"], "iat": 1_500_000_000, "exp": 4_000_000_000}
        parts = [{"alg": "HS256", "typ": "JWT"}, said]
        text = ".".join(_base64(json.dumps(part).encode()) for part in parts)
        key = one["jwt_key"].encode()
        signature = _base64(hmac.digest(key, text.encode(), "sha256"))
        (self.folder / "demo-token").write_text(f"{text}.{signature}\n")

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

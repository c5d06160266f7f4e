"""What people decided: it holds until somebody decides otherwise."""

from contextlib import suppress
from dataclasses import dataclass, field
import time
from typing import Any, Final

from scripts.home_assistant import HomeAssistantError, Server

from .truth import LostError

# Entities and devices come back some moments after a start [s].
_COMING_BACK: Final = 60.0


@dataclass
class Decisions:
    """What was decided, beside the readings."""

    known: dict[str, set[str]] = field(default_factory=dict)  # anomalies by meter
    serials: dict[str, str] = field(default_factory=dict)
    automatic: bool = True
    boxed: list[float] = field(default_factory=list)
    flying: list[float] = field(default_factory=list)

    def begin(self, server: Server) -> None:
        """Type a first reading into the box."""
        self.box(server)

    def next_value(self) -> float:
        """Return what the box's meter may show next."""
        return round(max([*self.boxed, *self.flying], default=1000.0) + 0.001, 3)

    def box(self, server: Server) -> None:
        """Type the next reading into the box."""
        value = self.next_value()
        self.flying.append(value)
        server.post(
            "/api/services/number/set_value",
            {"entity_id": entity(server, "number.", "kasten"), "value": value},
        )
        self.flying.remove(value)
        self.boxed.append(value)

    def switch(self, server: Server, *, on: bool) -> None:
        """Let runs begin by themselves, or not."""
        server.post(
            f"/api/services/switch/turn_{'on' if on else 'off'}",
            {"entity_id": entity(server, "switch.", "automatic_processing")},
        )
        self.automatic = on

    def is_on(self, server: Server) -> bool:
        """Return whether runs begin by themselves."""
        switch = entity(server, "switch.", "automatic_processing")
        return bool(server.get(f"/api/states/{switch}")["state"] == "on")

    def verify(self, server: Server) -> None:
        """Look whether each decision holds; raises LostError."""
        deadline = time.monotonic() + _COMING_BACK
        while True:
            lost = list(self._lost(server))
            if not lost:
                return
            if time.monotonic() > deadline:
                raise LostError("; ".join(lost))
            time.sleep(0.5)

    def _lost(self, server: Server) -> list[str]:
        lost = []
        wanted = "on" if self.automatic else "off"
        with suppress(HomeAssistantError):
            states = server.get("/api/states")
            switches = [
                one["state"]
                for one in states
                if one["entity_id"].startswith("switch.")
                and "automatic_processing" in one["entity_id"]
            ]
            if switches != [wanted]:
                lost.append(f"automatic processing is {switches}, not {wanted}")
        for meter, ids in self.known.items():
            odd = server.act("get_anomalies", meter_id=meter)["meters"][meter]
            lost += [
                f"{meter}: {one['id']} is known no more"
                for one in odd
                if one["id"] in ids and not one["acknowledged"]
            ]
        if self.serials:
            serials = serial_numbers(server)
            for meter, number in self.serials.items():
                if serials.get(meter) != number:
                    lost.append(f"{meter} has {serials.get(meter)}, not {number}")
        lost += self._lost_of_box(server)
        return lost

    def _lost_of_box(self, server: Server) -> list[str]:
        answer = server.act("get_readings", meter_id="kasten", limit=100_000)
        found = {
            one["value"]
            for one in answer["meters"]["kasten"]["readings"]
            if one["status"] != "deleted"
        }
        self.boxed += [value for value in self.flying if value in found]
        self.flying.clear()
        return [f"the box lost {value}" for value in self.boxed if value not in found]


def entity(server: Server, domain: str, part: str) -> str:
    """Return the id of an entity; raises HomeAssistantError where there is none yet."""
    for one in server.get("/api/states"):
        name = str(one["entity_id"])
        if name.startswith(domain) and part in name:
            return name
    raise HomeAssistantError(f"no {domain}{part} yet")


def serial_numbers(server: Server) -> dict[str, str | None]:
    """Return the serial numbers of the meters by the names of their devices."""
    (devices,) = server.websocket({"type": "config/device_registry/list"})
    found: dict[str, Any] = {one["name"]: one["serial_number"] for one in devices}
    return found

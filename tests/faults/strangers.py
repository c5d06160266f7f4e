"""Somebody who may not, and values that cannot be."""

import asyncio
import json
import random
from typing import Any, Final
import urllib.error
import urllib.request

from scripts.home_assistant import HomeAssistantError

from .decisions import entity
from .subject import METERS, Subject
from .truth import WrongError

_READ_ONLY: Final = "system-read-only"
_USERS: Final = "system-users"


def read_only_user(subject: Subject, dice: random.Random) -> None:
    """Who may only look changes nothing."""
    token = _token(subject, _READ_ONLY)
    meter = dice.choice(METERS)
    truth = subject.truth[meter]
    day = max(truth.values)
    box = entity(subject.server, "number.", "kasten")
    anomaly = subject.server.act("get_anomalies", meter_id="strom")["meters"]["strom"]
    value = truth.values[day] + 1
    for path, data in (
        ("nebenkosten/add_reading", {"meter_id": meter, "value": value}),
        ("nebenkosten/edit_reading", {"reading_id": 1, "value": 1}),
        ("nebenkosten/delete_reading", {"reading_id": 1}),
        ("nebenkosten/replace_meter", {"meter_id": meter, "final_value": value}),
        ("nebenkosten/wipe_processed", {"confirm": True}),
        ("nebenkosten/acknowledge_anomaly", {"meter_id": "strom", **_first(anomaly)}),
        ("number/set_value", {"entity_id": box, "value": 1001.0}),
    ):
        if _as(subject, token, path, data):
            raise WrongError(f"who may only look did {path}")


def user_with_control(subject: Subject, dice: random.Random) -> None:
    """Who may control enters readings; changing what is there is for administrators."""
    token = _token(subject, _USERS)
    meter = dice.choice(METERS)
    truth = subject.truth[meter]
    ((day, value),) = truth.coming(dice).items()
    given = {"meter_id": meter, "value": value, "time": f"{day} 00:00"}
    if not _as(subject, token, "nebenkosten/add_reading", given):
        raise WrongError("who may control may not enter a reading")
    truth.landed()
    other = given | {"value": value - 0.05}
    for path, data in (
        ("nebenkosten/add_reading", other),
        ("nebenkosten/add_reading", other | {"kind": "correction"}),
        ("nebenkosten/add_reading", other | {"kind": "removal"}),
        ("nebenkosten/edit_reading", {"reading_id": 1, "value": 1}),
        ("nebenkosten/delete_reading", {"reading_id": subject.record(meter, day)}),
        ("nebenkosten/import_readings", {"meter_id": meter, "content": "a"}),
    ):
        if _as(subject, token, path, data):
            raise WrongError(f"who may not edit did {path} {data.get('kind', '')}")


def poison_readings(subject: Subject, dice: random.Random) -> None:
    """Times and values that no dial ever had, by each way in."""
    meter = dice.choice(METERS)
    last = subject.truth[meter].values[max(subject.truth[meter].values)]
    poison: list[dict[str, Any]] = [
        {"value": last + 1, "time": "0001-01-01"},
        {"value": last + 1, "time": "0202-11-01"},
        {"value": last + 1, "time": "9999-12-31"},
        {"value": "9" * 400},
        {"value": "1e999"},
        {"value": "nan"},
        {"value": True},
    ]
    for data in poison:
        try:
            subject.server.act("add_reading", meter_id=meter, **data)
        except HomeAssistantError:
            continue
        raise WrongError(f"{str(data)[:60]} was accepted")
    for row in (f"0202-11-01,{last + 1}", f"2012-01-01,{'9' * 400}", "0001-01-01,1"):
        try:
            content = f"time,value\n{row}"
            subject.server.act("import_readings", meter_id=meter, content=content)
        except HomeAssistantError:
            continue
        raise WrongError(f"{row[:60]} was imported")


def endless_notes(subject: Subject, dice: random.Random) -> None:
    """A note as long as a book is refused."""
    meter = dice.choice(METERS)
    day, _ = subject.truth[meter].between(dice)
    reading = subject.record(meter, day)
    try:
        subject.server.act("edit_reading", reading_id=reading, note="x" * 1_000_000)
    except HomeAssistantError:
        return
    raise WrongError("a note of a million signs was kept")


def _first(anomalies: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": anomalies[0]["id"]} if anomalies else {}


def _as(subject: Subject, token: str, path: str, data: dict[str, Any]) -> bool:
    """Call an action as somebody; returns whether it was done."""
    request = urllib.request.Request(
        f"{subject.server.url}/api/services/{path}",
        json.dumps(data).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=subject.server.patience):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return False


def _token(subject: Subject, group: str) -> str:
    """Return an access token of a user of a group, who is made where there is none."""
    if group not in subject.tokens:
        server = subject.server
        name = group.replace("-", "")
        (made,) = server.websocket(
            {"type": "config/auth/create", "name": name, "group_ids": [group]}
        )
        account = {"user_id": made["user"]["id"], "username": name, "password": name}
        kind = "config/auth_provider/homeassistant/create"
        server.websocket({"type": kind, **account})
        subject.tokens[group] = asyncio.run(_log_in(server.url, name))
    return subject.tokens[group]


async def _log_in(url: str, name: str) -> str:
    import aiohttp

    client = {"client_id": f"{url}/"}
    async with aiohttp.ClientSession() as session:
        begin = client | {"handler": ["homeassistant", None], "redirect_uri": f"{url}/"}
        async with session.post(f"{url}/auth/login_flow", json=begin) as answer:
            flow = (await answer.json())["flow_id"]
        said = client | {"username": name, "password": name}
        async with session.post(f"{url}/auth/login_flow/{flow}", json=said) as answer:
            code = (await answer.json())["result"]
        form = client | {"grant_type": "authorization_code", "code": code}
        async with session.post(f"{url}/auth/token", data=form) as answer:
            access = (await answer.json())["access_token"]
        async with session.ws_connect(f"{url}/api/websocket") as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": access})
            await socket.receive_json()
            wanted = {"type": "auth/long_lived_access_token", "lifespan": 365}
            await socket.send_json({"id": 1, "client_name": name, **wanted})
            return str((await socket.receive_json())["result"])

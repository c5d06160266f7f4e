"""People change their minds: what they entered, and what they said about it."""

from datetime import timedelta
import random
import threading
import time

from scripts.home_assistant import HomeAssistantError

from .decisions import entity
from .doing import meanwhile, quietly
from .subject import METERS, TROUBLE, Subject
from .truth import WrongError

_DAY = timedelta(days=1)


def edited(subject: Subject, dice: random.Random) -> None:
    """A reading was misread."""
    meter = dice.choice(METERS)
    truth = subject.truth[meter]
    day, value = truth.between(dice)
    reading = subject.record(meter, day)
    subject.server.act("edit_reading", reading_id=reading, value=value)
    truth.values[day] = value


def deleted(subject: Subject, dice: random.Random) -> None:
    """A reading never was."""
    meter = dice.choice(METERS)
    truth = subject.truth[meter]
    day, _ = truth.between(dice)
    subject.server.act("delete_reading", reading_id=subject.record(meter, day))
    del truth.values[day]


def last_deleted(subject: Subject, dice: random.Random) -> None:
    """The newest reading never was: its days are taken back."""
    meter = dice.choice(METERS)
    truth = subject.truth[meter]
    day = max(truth.values)
    if day in truth.installed or max(truth.installed, default=day) > day - 2 * _DAY:
        subject.bring(meter, 3)
        day = max(truth.values)
    subject.server.act("delete_reading", reading_id=subject.record(meter, day))
    del truth.values[day]


def killed_during_edit(subject: Subject, dice: random.Random) -> None:
    """The lights go out while a reading is corrected: it is the one or the other."""
    meter = dice.choice(METERS)
    truth = subject.truth[meter]
    day, value = truth.between(dice)
    reading = subject.record(meter, day)
    truth.either[day] = value

    def edit() -> None:
        subject.server.act("edit_reading", reading_id=reading, value=value)
        truth.values[day] = value
        truth.either.clear()

    meanwhile(edit, subject, dice.uniform(0.0, 0.1))


def killed_during_deletion(subject: Subject, dice: random.Random) -> None:
    """The lights go out while a reading is deleted."""
    meter = dice.choice(METERS)
    truth = subject.truth[meter]
    day, _ = truth.between(dice)
    reading = subject.record(meter, day)
    truth.either[day] = None

    def delete() -> None:
        subject.server.act("delete_reading", reading_id=reading)
        truth.values.pop(day)
        truth.either.clear()

    meanwhile(delete, subject, dice.uniform(0.0, 0.1))


def entered_again_after_edit(subject: Subject, dice: random.Random) -> None:
    """It was right at first: the same reading once more, after its correction."""
    meter = dice.choice(METERS)
    truth = subject.truth[meter]
    day, value = truth.between(dice)
    first = truth.values[day]
    _enter(subject, meter, str(day), first)
    reading = subject.record(meter, day)
    subject.server.act("edit_reading", reading_id=reading, value=value)
    truth.values[day] = value
    _enter(subject, meter, str(day), first)
    truth.values[day] = first


def entered_again_after_deletion(subject: Subject, dice: random.Random) -> None:
    """It was right after all: the same reading once more, after its deletion."""
    meter = dice.choice(METERS)
    truth = subject.truth[meter]
    day, _ = truth.between(dice)
    value = truth.values[day]
    subject.server.act("delete_reading", reading_id=subject.record(meter, day))
    del truth.values[day]
    if dice.random() < 0.5:
        subject.verify()
    _enter(subject, meter, str(day), value)
    truth.values[day] = value


def noted(subject: Subject, dice: random.Random) -> None:
    """Somebody writes down why, also at a reading that is there already."""
    meter = dice.choice(METERS)
    truth = subject.truth[meter]
    day, _ = truth.between(dice)
    note = f"note {dice.randrange(10**6)}"
    if dice.random() < 0.5:
        reading = subject.record(meter, day)
        subject.server.act("edit_reading", reading_id=reading, note=note)
    else:
        value = truth.values[day]
        time_text = f"{day} 00:00"
        data = {"meter_id": meter, "value": value, "time": time_text, "note": note}
        subject.server.act("add_reading", **data)
    truth.notes[day] = note


def exchanged(subject: Subject, dice: random.Random) -> None:
    """A new dial, with a serial number."""
    meter = dice.choice(METERS)
    truth = subject.truth[meter]
    ((day, final),) = truth.coming(dice).items()
    first = round(dice.uniform(0.0, 9.0), 3)
    serial = f"serial {dice.randrange(10**6)}"
    subject.server.act(
        "replace_meter",
        meter_id=meter,
        time=f"{day} 00:00",
        final_value=final,
        first_value=first,
        serial_number=serial,
    )
    truth.landed()
    truth.installed[day] = first
    subject.decisions.serials[meter] = serial


def killed_after_exchange(subject: Subject, dice: random.Random) -> None:
    """The lights go out right after the answer: the serial number stays."""
    exchanged(subject, dice)
    time.sleep(dice.choice((0.0, 0.0, 0.1, 0.5)))
    subject.restart()


def acknowledged(subject: Subject, dice: random.Random) -> None:
    """Somebody knows of an odd day, and the lights may go out."""
    found = subject.server.act("get_anomalies", meter_id="strom")["meters"]["strom"]
    if not found:
        raise WrongError("there is nothing to wonder at")
    one = dice.choice(found)["id"]
    subject.server.act("acknowledge_anomaly", meter_id="strom", id=one, note="guests")
    subject.decisions.known.setdefault("strom", set()).add(one)
    if dice.random() < 0.3:
        subject.restart()


def box_filled(subject: Subject, dice: random.Random) -> None:
    """Readings are typed into the box on a dashboard."""
    for _ in range(dice.randint(1, 3)):
        subject.decisions.box(subject.server)


def killed_during_box(subject: Subject, dice: random.Random) -> None:
    """The lights go out while somebody types into the box."""

    def fill() -> None:
        for _ in range(99):
            subject.decisions.box(subject.server)

    meanwhile(fill, subject, dice.uniform(0.0, 0.5))


def by_websocket(subject: Subject, dice: random.Random) -> None:
    """The frontend calls actions in its own way."""
    meter = dice.choice(METERS)
    truth = subject.truth[meter]
    ((day, value),) = truth.coming(dice).items()
    message = {
        "type": "call_service",
        "domain": "nebenkosten",
        "service": "add_reading",
        "service_data": {"meter_id": meter, "value": value, "time": f"{day} 00:00"},
    }
    subject.server.websocket(message)
    truth.landed()


def automatic_switched(subject: Subject, dice: random.Random) -> None:
    """Runs shall begin by themselves, or not; that outlasts a power cut."""
    subject.decisions.switch(subject.server, on=dice.random() < 0.5)
    if dice.random() < 0.5:
        time.sleep(dice.uniform(0.0, 0.3))
        subject.restart()


def box_filled_during_reload(subject: Subject, dice: random.Random) -> None:
    """The box says that it kept what it kept, and nothing else."""
    _during_reload(subject, dice, lambda: subject.decisions.box(subject.server))


def calls_during_reload(subject: Subject, dice: random.Random) -> None:
    """Actions while the house is loaded anew: done, or refused as what it is."""

    def call() -> None:
        if dice.random() < 0.5:
            subject.bring(dice.choice(METERS))
        else:
            edited(subject, dice)

    _during_reload(subject, dice, call)


def _during_reload(subject: Subject, dice: random.Random, call: object) -> None:
    path = f"/api/config/config_entries/entry/{subject.entry_id}/reload"
    reload = threading.Thread(
        target=lambda: quietly(lambda: subject.server.post(path, {}))
    )
    assert callable(call)
    reload.start()
    end = time.monotonic() + dice.uniform(0.5, 1.5)
    while time.monotonic() < end:
        try:
            call()
        except TROUBLE as error:
            if "damaged" in str(error):
                raise WrongError(f"a reload is called damage: {error}") from error
            break  # what became of it is looked at when the house is back
        time.sleep(dice.uniform(0.0, 0.05))
    reload.join()
    subject.server.wait_loaded(subject.entry_id)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            entity(subject.server, "number.", "kasten")
        except HomeAssistantError:
            time.sleep(0.2)
        else:
            break


def _enter(subject: Subject, meter: str, day: str, value: float) -> None:
    subject.server.act("add_reading", meter_id=meter, value=value, time=f"{day} 00:00")

"""A leak, what is told of it, and an alert that could be."""

from datetime import date, timedelta
from typing import Any

from homeassistant.core import Event, HomeAssistant, callback

from custom_components.nebenkosten.analysis.alerts import Alert

BEGIN = date(2026, 3, 2)
LEAK = {BEGIN: 1.2}


def heard(hass: HomeAssistant, kind: str) -> list[Any]:
    found: list[Any] = []

    @callback
    def hear(event: Event) -> None:
        found.append(dict(event.data))

    hass.bus.async_listen(kind, hear)
    return found


def state(hass: HomeAssistant, entity_id: str) -> Any:
    found = hass.states.get(entity_id)
    assert found is not None, [s.entity_id for s in hass.states.async_all()]
    return found


def alert(kind: str = "leak", *, is_open: bool = True) -> Alert:
    return Alert(
        anomaly_id="a",
        kind=kind,
        start=BEGIN,
        end=BEGIN + timedelta(days=2),
        actual=3.0,
        expected=1.0,
        score=4.0,
        reason="because",
        is_open=is_open,
        acknowledged=False,
    )

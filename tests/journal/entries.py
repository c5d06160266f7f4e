"""Readings as tests enter them."""

from typing import Any

from custom_components.nebenkosten.journal.records import NewReading


def new(instant: float, value: float, source: str = "hand", **more: Any) -> NewReading:
    fields: dict[str, Any] = {
        "meter": "strom",
        "instant": instant,
        "zone": "Europe/Berlin",
        "value_text": str(value),
        "value": value,
        "source": source,
    }
    return NewReading(**(fields | more))

"""Definitions of meters by their ids."""

from dataclasses import replace
from typing import Any

from custom_components.nebenkosten.engine.domain.meters import (
    Medium,
    Meter,
    Term,
    Virtual,
)

from .houses import meter


def physical(meter_id: str, **more: Any) -> Meter:
    return replace(meter(), meter_id=meter_id, name=meter_id, **more)


def virtual(meter_id: str, *terms: Term, unit: str = "kWh") -> Virtual:
    return Virtual(
        meter_id=meter_id,
        name=meter_id,
        medium=Medium.ELECTRICITY,
        unit=unit,
        terms=terms,
    )

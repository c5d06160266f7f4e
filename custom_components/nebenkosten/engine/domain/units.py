"""Units, their dimensions and the factors between them.

Only fixed factors live here; gas m³ ↔ kWh depends on the day and is no such pair.
"""

from typing import Final

from .meters import AnyMeter, Medium

# [kWh] per unit; 1 GJ = 1/0.0036 MWh exactly.
_ENERGY: Final = {
    "Wh": 0.001,
    "kWh": 1.0,
    "MWh": 1000.0,
    "GWh": 1e6,
    "J": 1 / 3.6e6,
    "kJ": 1 / 3600,
    "MJ": 1 / 3.6,
    "GJ": 1000 / 3.6,
}
# [m³] per unit; international foot (0.3048 m), US gallon (231 cubic inches).
_VOLUME: Final = {
    "L": 0.001,
    "m³": 1.0,
    "ft³": 0.028316846592,
    "CCF": 2.8316846592,
    "MCF": 28.316846592,
    "gal": 0.003785411784,
}
_DIMENSIONS: Final = {"energy": _ENERGY, "volume": _VOLUME}
# Spellings that people and files use for the same unit.
_SPELLINGS: Final = {
    "m3": "m³",
    "cbm": "m³",
    "l": "L",
    "liter": "L",
    "litre": "L",
    "ft3": "ft³",
    **{unit.lower(): unit for unit in _ENERGY if unit not in ("MJ", "MWh")},
    "mwh": "MWh",
    "mj": "MJ",
}


class UnitMismatchError(ValueError):
    """Two units that no fixed factor joins."""

    def __init__(self, given: str, wanted: str) -> None:
        """Name the pair."""
        super().__init__(f"{given} cannot become {wanted}")
        self.given = given
        self.wanted = wanted


def canonical(unit: str) -> str:
    """Return the usual spelling of a unit; an unknown one comes back as it is."""
    text = unit.strip()
    if dimension(text) is not None:
        return text
    return _SPELLINGS.get(text.lower(), text)


def spellings() -> list[str]:
    """Return every way in which an energy or a volume may be written."""
    known = [unit for table in _DIMENSIONS.values() for unit in table]
    return [*known, *(text for text in _SPELLINGS if text not in known)]


def dimension(unit: str) -> str | None:
    """Return "energy", "volume" or, for any other unit, None."""
    return next((name for name, table in _DIMENSIONS.items() if unit in table), None)


def factor(given: str, wanted: str) -> float:
    """Return the number that a value in `given` is multiplied with to be in `wanted`.

    Raises UnitMismatchError where no fixed factor exists.
    """
    source, target = canonical(given), canonical(wanted)
    if source == target:
        return 1.0
    kind = dimension(source)
    if kind is None or kind != dimension(target):
        raise UnitMismatchError(given, wanted)
    table = _DIMENSIONS[kind]
    return table[source] / table[target]


def is_volume_of_gas(meter: AnyMeter) -> bool:
    """Return whether a meter counts gas by its volume."""
    return dimension(canonical(meter.unit)) == "volume" and meter.medium is Medium.GAS

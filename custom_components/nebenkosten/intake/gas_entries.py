"""Which entries of meters.yaml count gas: those converted between m³ and kWh."""

from collections.abc import Mapping

from ..engine.domain import units
from ..engine.domain.serialization import Plain


def gas_keys(entries: list[dict[str, Plain]]) -> set[str]:
    """Return the keys of the meters between which m³ and kWh of gas are converted."""
    keys: set[str] = set()
    for entry in entries:
        given = entry.get("subtract_meter_conversions")
        conversions = given if isinstance(given, dict) else {}
        if any(_converts_gas(pair) for pair in conversions.values()):
            keys |= {
                str(entry[k]).lower() for k in ("meter_id", "base_meter") if k in entry
            }
            keys |= {key.lower() for key in conversions}
    for entry in entries:
        if str(entry["meter_id"]).lower() in keys:
            keys |= _sources(entry)
    return keys


def _converts_gas(pair: Plain) -> bool:
    if not isinstance(pair, dict):
        return False
    dimensions = {units.dimension(units.canonical(str(u))) for u in pair.values()}
    return dimensions == {"energy", "volume"}


def _sources(entry: Mapping[str, Plain]) -> set[str]:
    """Return the keys of a master's sources."""
    periods = entry.get("periods")
    named: list[Plain] = []
    for period in periods if isinstance(periods, list) else []:
        sources = period.get("source_meters") if isinstance(period, dict) else None
        named += sources if isinstance(sources, list) else []
    return {str(source).lower() for source in named}

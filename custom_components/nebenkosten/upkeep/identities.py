"""What a meter's id claims: names that no other meter may have, and those that do.

`gas` claims `gas_previous_month` for last month; a meter `gas_previous` would claim the
same for its month. Home Assistant keeps only one entity of a name.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import count
from typing import Final

from ..engine.domain.meters import House
from ..engine.domain.report import Severity
from ..engine.domain.validation import Check, Problem
from ..statistic_catalog import statistic_ids

# Every entity that a meter of any kind may have; a test holds it against the platforms.
ENTITY_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "binary_sensor": frozenset({"anomaly", "stale"}),
    "event": frozenset({"anomaly"}),
    "number": frozenset({"new_reading"}),
    "sensor": frozenset(
        {
            *("counter", "forecast_year", "last_reading", "month", "previous_month"),
            *("quality", "rate", "today", "year", "yesterday"),
        }
    ),
}


def entity_unique_id(key: str, entity_key: str) -> str:
    """Return the unique id of a meter's entity; what exists keeps it for ever."""
    return f"{key}_{entity_key}"


def claims(key: str) -> frozenset[str]:
    """Return all that a meter's key names: its entities (by platform), statistics."""
    entities = {
        f"{platform}.{entity_unique_id(key, one)}"
        for platform, keys in ENTITY_KEYS.items()
        for one in keys
    }
    return frozenset(entities).union(statistic_ids(key))


def rival(key: str, others: Collection[str]) -> str | None:
    """Return the first of other keys that claims what a key would, None without one."""
    own = claims(key)
    return next((one for one in others if one != key and own & claims(one)), None)


def free_id(meter_id: str, others: Collection[str]) -> str:
    """Return an id like one that is taken or has a rival, which has neither."""
    return next(
        name
        for name in (f"{meter_id}_{number}" for number in count(2))
        if name.lower() not in others and rival(name.lower(), others) is None
    )


def collisions(house: House) -> Iterator[Problem]:
    """Yield, at the later one of two meters, that both claim the same names."""
    seen: dict[str, str] = {}
    claimed: dict[str, str] = {}
    keys = [meter.key for meter in house.all_meters]
    for meter in house.all_meters:
        # By name, not meter by meter: hundreds are compared each hour.
        own = claims(meter.key)
        rivals = {claimed[one] for one in own & claimed.keys()}
        other = next((key for key in seen if key in rivals), None) if rivals else None
        for one in own:
            claimed.setdefault(one, meter.key)
        if other is not None:
            yield Problem(
                code=Check.IDS_COLLIDE,
                severity=Severity.ERROR,
                meter_id=meter.meter_id,
                data={
                    "other": seen[other],
                    "suggestion": free_id(meter.meter_id, keys),
                },
            )
        seen[meter.key] = meter.meter_id

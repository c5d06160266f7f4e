"""What does the house say of a day?"""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from homeassistant.util.json import JsonObjectType

from ..engine.meter import AnyMeter

if TYPE_CHECKING:
    from .lookup import Lookup


async def async_summary(
    lookup: Lookup, meters: Sequence[AnyMeter], day: date
) -> JsonObjectType:
    """Return a day of these meters; one that does not have the day is left out."""
    keys = [meter.key for meter in meters]
    analyses = await lookup.async_analyses(keys)
    warmth = await lookup.async_temperature()
    # Loaded by the analysis above; never at set-up.
    from ..engine.daily import degree_days, summary_of

    found: JsonObjectType = {}
    for one in analyses:
        summary = summary_of(one.report, day)
        if summary is None:
            continue
        found[one.report.meter.meter_id] = {
            "unit": one.report.meter.unit,
            "consumption": summary.consumption,
            "expected": summary.expected,
            "deviation": summary.deviation,
            "provenance": summary.provenance.name.lower(),
            "flags": list(summary.flags),
        }
    return {
        "date": day.isoformat(),
        "degree_days": degree_days(warmth, day),
        "meters": found,
    }

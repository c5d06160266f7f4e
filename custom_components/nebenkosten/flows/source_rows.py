"""The rows of sources in a form: a column for each kind that offers something."""

from collections.abc import Mapping, Sequence

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import ObjectSelector, ObjectSelectorField

from ..engine.domain import units
from ..sources.descriptor import SourceError
from ..sources.registry import SOURCES
from .checks import FieldError
from .schemas import rows_of

type Row = Mapping[str, str]


async def async_source_rows(
    hass: HomeAssistant, entry: ConfigEntry, rows: Sequence[Row]
) -> ObjectSelector:
    """Return the list of sources; `rows` are those that a meter has already.

    A server out of reach offers nothing, and stops nobody from editing a meter.
    """
    fields: dict[str, ObjectSelectorField] = {}
    for one in SOURCES.values():
        chosen = [row[one.column] for row in rows if row.get(one.column)]
        field = await one.async_offer(hass, entry, chosen)
        if field is not None:
            fields[one.column] = field
    fields |= {"from": {"selector": {"date": {}}}, "to": {"selector": {"date": {}}}}
    return rows_of(fields, "source", label="entity", described="statistic")


async def async_kept(hass: HomeAssistant, row: Row, unit: str) -> dict[str, str]:
    """Return a row as a meter keeps it; raises FieldError for what cannot feed one.

    Its unit must be one that a fixed factor joins with the meter's own.
    """
    filled = [one for one in SOURCES.values() if row.get(one.column)]
    if len(filled) != 1:
        raise FieldError("sources", "source_one_of", source="")
    reference = row[filled[0].column]
    try:
        checked = await filled[0].async_check(hass, reference)
        units.factor(checked.unit or unit, unit)
    except SourceError as error:
        raise FieldError("sources", error.key, source=error.reference) from error
    except units.UnitMismatchError as error:
        raise FieldError("sources", "source_unit", source=reference) from error
    return {"kind": checked.kind, "reference": reference, **_dates(row)}


def row_of(source: Row) -> dict[str, str]:
    """Return a kept source as the form shows it."""
    return {SOURCES[source["kind"]].column: source["reference"], **_dates(source)}


def _dates(row: Row) -> dict[str, str]:
    return {name: row[name] for name in ("from", "to") if row.get(name)}

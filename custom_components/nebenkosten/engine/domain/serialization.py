"""Meters as plain data, in entries, the journal and files."""

from collections.abc import Mapping
from datetime import date
import re
from typing import TypedDict

from .meters import (
    DEFAULT_GAS,
    AnyMeter,
    GasFactor,
    Master,
    MasterPeriod,
    Medium,
    Meter,
    Role,
    Sensitivity,
    SourceRef,
    Term,
    Virtual,
)
from .reading_bounds import within

_METER_ID = re.compile(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)*")

type Plain = str | int | float | bool | list[Plain] | dict[str, Plain] | None


def is_meter_id(text: str) -> bool:
    """Return whether a text is letters, digits and single underscores between them."""
    return _METER_ID.fullmatch(text) is not None


def meter_from(name: str, data: Mapping[str, Plain]) -> Meter:
    """Return the meter of a name and a subentry's data."""
    decimals, digits = data.get("decimals"), data.get("digits")
    return Meter(
        **_common(name, data),
        serial_number=_text(data.get("serial_number")),
        model=_text(data.get("model")),
        installed=_day(data.get("installed")),
        removed=_day(data.get("removed")),
        digits=None if digits is None else int(str(digits)),
        decimals=None if decimals is None else int(str(decimals)),
        calibrated_until=_day(data.get("calibrated_until")),
        overdue_after=_number(data.get("overdue_after")),
        sources=tuple(_sources(data.get("sources"))),
    )


class _Common(TypedDict):
    meter_id: str
    name: str
    medium: Medium
    unit: str
    role: Role | None
    part_of: str | None
    profile: str | tuple[float, ...] | None
    sensitivity: Sensitivity
    muted: bool
    billing_year_start: tuple[int, int] | None
    daily_limit: float | None
    rises_in_winter: bool


def _common(name: str, data: Mapping[str, Plain]) -> _Common:
    """Return what meters of every kind have."""
    role = data.get("role")
    return {
        "meter_id": str(data["meter_id"]),
        "name": name,
        "medium": Medium(str(data["medium"])),
        "unit": str(data["unit"]),
        "role": Role(str(role)) if role else None,
        "part_of": _text(data.get("part_of")),
        "profile": _profile(data.get("profile")),
        "sensitivity": Sensitivity(str(data.get("sensitivity") or Sensitivity.NORMAL)),
        "muted": bool(data.get("muted")),
        "billing_year_start": year_start(data.get("billing_year_start")),
        "daily_limit": _number(data.get("daily_limit")),
        "rises_in_winter": bool(data.get("rises_in_winter")),
    }


def master_from(name: str, data: Mapping[str, Plain]) -> Master:
    """Return a master; of the sources of a `single` period the first one counts.

    Raises ValueError for periods that cannot be, KeyError for what is missing.
    """
    given = data["periods"]
    if not isinstance(given, (list, tuple)) or not given:
        raise KeyError("periods")
    return Master(
        **_common(name, data),
        periods=tuple(
            _period(period) for period in given if isinstance(period, Mapping)
        ),
    )


def _period(period: Mapping[str, Plain]) -> MasterPeriod:
    sources = period["source_meters"]
    if not isinstance(sources, (list, tuple)) or not sources:
        raise KeyError("source_meters")
    keys = tuple(str(source) for source in sources)
    end = _day(period.get("end_date"))
    return MasterPeriod(
        start=within(date.fromisoformat(str(period["start_date"]))),
        end=None if end is None or end.year == date.max.year else end,
        sources=keys if period.get("composition_type") == "sum" else keys[:1],
    )


def virtual_from(name: str, data: Mapping[str, Plain]) -> Virtual:
    """Return a virtual meter: a base less others, or any sum of `terms`."""
    given = data.get("terms")
    if isinstance(given, (list, tuple)):
        terms = [_term(term) for term in given if isinstance(term, Mapping)]
    else:
        less = data.get("subtract_meters")
        others = less if isinstance(less, (list, tuple)) else ()
        terms = [Term(meter_id=str(data["base_meter"]))]
        terms += [Term(meter_id=str(other), factor=-1.0) for other in others]
    if not terms:
        raise KeyError("terms")
    return Virtual(**_common(name, data), terms=tuple(terms))


def _term(term: Mapping[str, Plain]) -> Term:
    factor = term.get("factor")
    return Term(
        meter_id=str(term["meter_id"]),
        factor=1.0 if factor is None else float(str(factor)),
        zero_when_absent=term.get("when_absent") == "zero",
    )


def gas_factor(data: Plain) -> GasFactor:
    """Return what a cubic metre of gas holds, as a configuration names it.

    Raises TypeError or ValueError for what is none. A comma is a decimal one: no gas
    has a factor of thousands.
    """
    if not isinstance(data, Mapping):
        raise TypeError("energy_content and z_factor are missing")
    return GasFactor(
        brennwert=_either(data.get("energy_content", DEFAULT_GAS.brennwert)),
        zustandszahl=_either(data.get("z_factor", DEFAULT_GAS.zustandszahl)),
        valid_from=_day(data.get("valid_from")) or date.min,
    )


def _either(value: Plain) -> float:
    """Return a number with a decimal point or comma."""
    return float(str(value).replace(",", "."))


def gas_data(factor: GasFactor) -> dict[str, Plain]:
    """Return a gas factor as the options keep it."""
    data: dict[str, Plain] = {
        "energy_content": factor.brennwert,
        "z_factor": factor.zustandszahl,
    }
    if factor.valid_from != date.min:
        data["valid_from"] = factor.valid_from.isoformat()
    return data


def meter_data(meter: AnyMeter) -> dict[str, Plain]:
    """Return a meter as a subentry keeps it; what is not set is left out."""
    data: dict[str, Plain] = {
        "meter_id": meter.meter_id,
        "medium": meter.medium.value,
        "unit": meter.unit,
        "role": meter.role.value if meter.role else None,
        "part_of": meter.part_of,
        "profile": _plain_profile(meter.profile),
        "sensitivity": (
            None if meter.sensitivity is Sensitivity.NORMAL else meter.sensitivity.value
        ),
        "muted": meter.muted or None,
        "billing_year_start": month_day(meter.billing_year_start),
        "daily_limit": meter.daily_limit,
        "rises_in_winter": meter.rises_in_winter or None,
    }
    if isinstance(meter, Meter):
        data |= _physical_data(meter)
    elif isinstance(meter, Master):
        data["periods"] = [_period_data(period) for period in meter.periods]
    else:
        data["terms"] = [_term_data(term) for term in meter.terms]
    return {key: value for key, value in data.items() if value is not None}


def _physical_data(meter: Meter) -> dict[str, Plain]:
    sources: list[Plain] = [
        {
            "kind": source.kind,
            "reference": source.reference,
            "from": _iso(source.valid_from),
            "to": _iso(source.valid_to),
        }
        for source in meter.sources
    ]
    return {
        "serial_number": meter.serial_number,
        "model": meter.model,
        "installed": _iso(meter.installed),
        "removed": _iso(meter.removed),
        "digits": meter.digits,
        "decimals": meter.decimals,
        "calibrated_until": _iso(meter.calibrated_until),
        "overdue_after": meter.overdue_after,
        "sources": sources,
    }


def _period_data(period: MasterPeriod) -> Plain:
    return {
        "start_date": period.start.isoformat(),
        "end_date": _iso(period.end),
        "composition_type": "sum" if len(period.sources) > 1 else "single",
        "source_meters": list(period.sources),
    }


def _term_data(term: Term) -> Plain:
    return {
        "meter_id": term.meter_id,
        "factor": term.factor,
        "when_absent": "zero" if term.zero_when_absent else None,
    }


def _sources(entries: Plain) -> list[SourceRef]:
    if not isinstance(entries, (list, tuple)):
        return []
    return [
        SourceRef(
            kind=str(entry["kind"]),
            reference=str(entry["reference"]),
            valid_from=_day(entry.get("from")),
            valid_to=_day(entry.get("to")),
        )
        for entry in entries
        if isinstance(entry, Mapping)
    ]


def year_start(value: Plain) -> tuple[int, int] | None:
    """Return month and day of a text `MM-DD`; raises ValueError for no such day."""
    if not value:
        return None
    month, _, day = str(value).partition("-")
    start = date(2001, int(month), int(day))
    return start.month, start.day


def month_day(start: tuple[int, int] | None) -> str | None:
    """Return month and day as `MM-DD`."""
    return None if start is None else f"{start[0]:02}-{start[1]:02}"


def _profile(value: Plain) -> str | tuple[float, ...] | None:
    if isinstance(value, (list, tuple)):
        return tuple(float(str(share)) for share in value)
    return _text(value)


def _plain_profile(profile: str | tuple[float, ...] | None) -> Plain:
    return list(profile) if isinstance(profile, tuple) else profile


def _number(value: Plain) -> float | None:
    return None if value is None else float(str(value))


def _text(value: Plain) -> str | None:
    return str(value) if value else None


def _day(value: Plain) -> date | None:
    """Return the day that bounds something; 9999-12-31 means: without an end."""
    return within(date.fromisoformat(str(value))) if value else None


def _iso(value: date | None) -> str | None:
    return value.isoformat() if value else None

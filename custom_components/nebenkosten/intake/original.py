"""The house that meters.yaml, seasonal_patterns.yaml and config.yaml describe.

The format of the original system; each problem is named with its file and line.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import yaml

from ..engine.domain import units
from ..engine.domain.gas_factor_bounds import Verdict, verdict
from ..engine.domain.meters import (
    DEFAULT_GAS,
    AnyMeter,
    GasFactor,
    House,
    Master,
    Medium,
    Meter,
    Virtual,
)
from ..engine.domain.report import Severity, Value
from ..engine.domain.serialization import (
    Plain,
    gas_factor,
    is_meter_id,
    master_from,
    virtual_from,
    year_start,
)
from ..messages.file_problems import FileProblem
from ..sources.registry import described_meter
from .aliases import is_too_much
from .gas_entries import gas_keys
from .text import zone_named

METERS: Final = "meters.yaml"
PATTERNS: Final = "seasonal_patterns.yaml"
CONFIG: Final = "config.yaml"
# A hundred meters take a tenth of it.
LARGEST_YAML: Final = 1_000_000

_MONTHS: Final = 12
_READ_BY: Final[
    Mapping[str, Callable[[str, Mapping[str, Plain]], Meter | Master | Virtual]]
] = {
    "physical": described_meter,
    "master": master_from,
    "virtual": virtual_from,
}
_COMMON: Final = {
    *("meter_id", "type", "output_unit", "name", "description", "medium", "role"),
    *("part_of", "profile", "sensitivity", "muted", "billing_year_start"),
    *("daily_limit", "rises_in_winter"),
}
_KEYS: Final = {
    "physical": {
        *("installation_date", "deinstallation_date", "digits", "decimals"),
        *("sources", "serial_number", "model", "calibrated_until", "overdue_after"),
    },
    "master": {"periods"},
    "virtual": {
        *("calculation_type", "base_meter", "subtract_meters", "terms"),
        "subtract_meter_conversions",
    },
}
_PERIOD_KEYS: Final = {
    *("start_date", "end_date", "composition_type", "source_meters", "source_unit"),
    # A master is always continuous.
    "apply_offset_from_previous_period",
}
_GAS_KEYS: Final = {"energy_content", "z_factor", "valid_from"}
_CONFIG_KEYS: Final = {"gas_conversion", "time_zone", "billing_year_start"}
# These the original needed; here they are set up by clicking, or not needed.
_CONFIG_LEFT: Final = {
    *("influxdb", "tibber", "workflows", "logging"),
    *("meters_config", "seasonal_patterns_config"),
}
_MEDIA: Final = (
    (Medium.GAS, ("gas", "therme", "kamin")),
    (Medium.HEAT, ("heat", "wärme", "waerme", "heiz")),
    (Medium.WATER, ("wasser", "water")),
    (Medium.ELECTRICITY, ("strom", "solar", "power", "electric", "speicher", "haupt")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """An installation as its files describe it.

    `suggested` are the media (by key) that no file names and somebody should confirm.
    """

    meters: tuple[AnyMeter, ...]
    suggested: Mapping[str, Medium]
    problems: tuple[FileProblem, ...]
    gas: tuple[GasFactor, ...]
    time_zone: str | None
    billing_year_start: tuple[int, int]

    def house(self, time_zone: str) -> House:
        """Return the house in a time zone, unless the files name another one."""
        return House(
            time_zone=self.time_zone or time_zone,
            meters=tuple(m for m in self.meters if isinstance(m, Meter)),
            masters=tuple(m for m in self.meters if isinstance(m, Master)),
            virtuals=tuple(m for m in self.meters if isinstance(m, Virtual)),
            gas=self.gas,
            billing_year_start=self.billing_year_start,
        )


def read_original(
    meters: str, patterns: str | None = None, config: str | None = None
) -> Original:
    """Read the files' texts; what cannot be read is a problem, never an exception."""
    return _Reading(meters, patterns or "", config or "").result()


class _Reading:
    def __init__(self, meters: str, patterns: str, config: str) -> None:
        self._problems: list[FileProblem] = []
        self._meters = self._load(METERS, meters)
        self._patterns = self._load(PATTERNS, patterns)
        self._config = self._load(CONFIG, config)

    def result(self) -> Original:
        entries = list(self._entries())
        shares = dict(self._shares())
        converted = gas_keys([_plain(entry) for entry in entries])
        found: dict[str, AnyMeter] = {}
        suggested: dict[str, Medium] = {}
        for entry in entries:
            data = _plain(entry)
            key = str(data["meter_id"]).lower()
            if "medium" not in data:
                is_gas = key in converted
                data["medium"] = (Medium.GAS if is_gas else Medium.OTHER).value
                suggested[key] = Medium.GAS if is_gas else _suggestion(data)
            if key in shares:
                data.setdefault("profile", shares[key])
            meter = self._meter(entry, data)
            if meter is not None and key in found:
                self._wrong(METERS, entry, "meter_id_twice", meter_id=meter.meter_id)
            elif meter is not None:
                found[key] = meter
        self._check_patterns(shares, found)
        gas, start, zone = self._gas(), self._year_start(), self._time_zone()
        self._check_keys(CONFIG, self._config, _CONFIG_KEYS | _CONFIG_LEFT)
        for name in sorted(_CONFIG_LEFT.intersection(_plain(self._config))):
            line = _line_of(self._config, name)
            self._say(CONFIG, line, "not_taken", Severity.INFO, key=name)
        return Original(
            meters=tuple(found.values()),
            suggested={key: suggested[key] for key in found if key in suggested},
            problems=tuple(self._problems),
            gas=gas,
            time_zone=zone,
            billing_year_start=start,
        )

    def _time_zone(self) -> str | None:
        given = _plain(self._config).get("time_zone")
        zone = zone_named(str(given)) if given else None
        if given and zone is None:
            line = _line_of(self._config, "time_zone")
            self._say(
                CONFIG, line, "time_zone_unknown", Severity.ERROR, zone=str(given)
            )
        return zone

    # --- files -------------------------------------------------------------------

    def _load(self, file: str, text: str) -> yaml.MappingNode:
        empty = yaml.MappingNode("tag:yaml.org,2002:map", [])
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            if node is not None and is_too_much(node):
                self._say(file, 1, "too_many_aliases", Severity.ERROR)
                return empty
            if node is not None:
                _plain(node)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self._say(file, line, "no_yaml", Severity.ERROR)
            return empty
        except yaml.YAMLError, ValueError, TypeError, RecursionError:
            self._say(file, 1, "no_yaml", Severity.ERROR)
            return empty
        if node is None:
            return empty
        if not isinstance(node, yaml.MappingNode):
            self._wrong(file, node, "no_mapping")
            return empty
        return node

    def _entries(self) -> Iterator[yaml.MappingNode]:
        """Yield the entries of meters that can be told apart at all."""
        listed = _child(self._meters, "meters")
        if not isinstance(listed, yaml.SequenceNode):
            self._say(METERS, 1, "meters_missing", Severity.ERROR)
            return
        self._check_keys(METERS, self._meters, {"meters"})
        for entry in listed.value:
            if not isinstance(entry, yaml.MappingNode):
                self._wrong(METERS, entry, "no_mapping")
            elif "meter_id" not in _plain(entry):
                self._wrong(METERS, entry, "meter_id_missing")
            elif not is_meter_id(str(_plain(entry)["meter_id"])):
                meter_id = str(_plain(entry)["meter_id"])
                self._wrong(METERS, entry, "meter_id_invalid", meter_id=meter_id)
            else:
                yield entry

    def _meter(
        self, entry: yaml.MappingNode, data: dict[str, Plain]
    ) -> AnyMeter | None:
        meter_id = str(data["meter_id"])
        kind = str(data.get("type") or "physical")
        if kind not in _READ_BY:
            line = _line_of(entry, "type")
            self._say(METERS, line, "type_unknown", Severity.ERROR, kind=kind)
            return None
        self._check_keys(METERS, entry, _COMMON | _KEYS[kind])
        periods = _child(entry, "periods")
        for period in periods.value if isinstance(periods, yaml.SequenceNode) else ():
            if isinstance(period, yaml.MappingNode):
                self._check_keys(METERS, period, _PERIOD_KEYS)
        calculation = data.get("calculation_type") or "subtraction"
        if calculation != "subtraction":
            line = _line_of(entry, "calculation_type")
            said = {"kind": str(calculation)}
            self._say(METERS, line, "calculation_unknown", Severity.ERROR, **said)
            return None
        name = str(data.get("name") or data.get("description") or meter_id)
        data["unit"] = units.canonical(str(data.get("output_unit") or "kWh"))
        data["installed"] = data.get("installation_date")
        data["removed"] = data.get("deinstallation_date")
        try:
            return _READ_BY[kind](name, data)
        except KeyError as error:
            missing = str(error.args[0])
            self._wrong(METERS, entry, "key_missing", meter_id=meter_id, key=missing)
            return None
        except TypeError, ValueError:
            self._wrong(METERS, entry, "meter_invalid", meter_id=meter_id)
            return None

    def _shares(self) -> Iterator[tuple[str, list[Plain]]]:
        """Yield the twelve monthly shares of meters, by key."""
        listed = _child(self._patterns, "patterns")
        if not isinstance(listed, yaml.MappingNode):
            return
        self._check_keys(PATTERNS, self._patterns, {"patterns"})
        for name, node in listed.value:
            given = _plain(node).get("monthly_percentages")
            numbers = given if isinstance(given, list) else []
            fine = all(isinstance(one, (int, float)) and one >= 0 for one in numbers)
            total = sum(float(str(one)) for one in numbers) if fine else 0.0
            if len(numbers) != _MONTHS or not total > 0:
                meter_id = str(name.value)
                self._wrong(PATTERNS, name, "pattern_invalid", meter_id=meter_id)
                continue
            self._check_keys(PATTERNS, node, {"monthly_percentages"})
            yield str(name.value).lower(), numbers

    def _check_patterns(
        self, shares: Mapping[str, object], found: Mapping[str, AnyMeter]
    ) -> None:
        listed = _child(self._patterns, "patterns")
        for name, _ in listed.value if isinstance(listed, yaml.MappingNode) else ():
            key = str(name.value).lower()
            if key in shares and key not in found:
                line = name.start_mark.line + 1
                self._say(
                    PATTERNS,
                    line,
                    "pattern_unused",
                    Severity.WARNING,
                    meter_id=str(name.value),
                )

    def _gas(self) -> tuple[GasFactor, ...]:
        """Return the dated gas factors: one for all time, or a list."""
        given = _plain(self._config).get("gas_conversion")
        entries = given if isinstance(given, list) else [given] if given else []
        line = _line_of(self._config, "gas_conversion")
        try:
            factors = tuple(gas_factor(entry) for entry in entries) or (DEFAULT_GAS,)
        except KeyError, TypeError, ValueError:
            self._say(CONFIG, line, "gas_invalid", Severity.ERROR)
            return (DEFAULT_GAS,)
        for key in sorted(set().union(*map(_keys_of, entries)) - _GAS_KEYS):
            # 9,500 in braces reads as a 9 and a key 500.
            cut = Severity.ERROR if key.isdecimal() else Severity.WARNING
            self._say(CONFIG, line, "key_unknown", cut, key=key)
        for factor in factors:
            said = {"calorific": factor.brennwert, "state": factor.zustandszahl}
            if verdict(factor) is Verdict.IMPOSSIBLE:
                self._say(CONFIG, line, "gas_impossible", Severity.ERROR, **said)
            elif verdict(factor) is Verdict.UNUSUAL:
                self._say(CONFIG, line, "gas_unusual", Severity.WARNING, **said)
        return factors

    def _year_start(self) -> tuple[int, int]:
        try:
            given = _plain(self._config).get("billing_year_start")
            return year_start(given) or (1, 1)
        except ValueError:
            line = _line_of(self._config, "billing_year_start")
            self._say(CONFIG, line, "year_start_invalid", Severity.ERROR)
            return (1, 1)

    # --- saying what is wrong ----------------------------------------------------

    def _check_keys(self, file: str, node: yaml.MappingNode, known: set[str]) -> None:
        for key, _ in node.value:
            if key.value not in known:
                line = key.start_mark.line + 1
                self._say(
                    file, line, "key_unknown", Severity.WARNING, key=str(key.value)
                )

    def _wrong(self, file: str, node: yaml.Node, code: str, **data: Value) -> None:
        self._say(file, node.start_mark.line + 1, code, Severity.ERROR, **data)

    def _say(
        self, file: str, line: int, code: str, severity: Severity, **data: Value
    ) -> None:
        self._problems.append(
            FileProblem(file=file, line=line, code=code, severity=severity, data=data)
        )


def _keys_of(entry: Plain) -> set[str]:
    return set(entry) if isinstance(entry, dict) else set()


def _constructed(node: yaml.Node) -> object:
    return yaml.SafeLoader("").construct_document(node)


def _plain(node: yaml.Node) -> dict[str, Plain]:
    """Return a mapping's content; dates become texts, as a file has them."""
    content = _constructed(node)
    if not isinstance(content, dict):
        return {}
    return {str(key): _text_of_dates(value) for key, value in content.items()}


def _text_of_dates(value: object) -> Plain:
    if isinstance(value, dict):
        return {str(key): _text_of_dates(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_text_of_dates(one) for one in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def _child(node: yaml.MappingNode, name: str) -> yaml.Node | None:
    return next((value for key, value in node.value if key.value == name), None)


def _line_of(node: yaml.MappingNode, name: str) -> int:
    return next(
        (key.start_mark.line + 1 for key, _ in node.value if key.value == name), 1
    )


def _suggestion(data: Mapping[str, Plain]) -> Medium:
    """Return what a meter's name sounds like."""
    named = (data.get(key) for key in ("meter_id", "name", "description"))
    words = " ".join(str(name or "") for name in named).lower()
    for medium, sounds in _MEDIA:
        if any(sound in words for sound in sounds):
            return medium
    return Medium.OTHER

"""Every text exists in both languages, with the same placeholders, and is used."""

import re
from string import Formatter
from typing import Any

import pytest
import yaml

from custom_components.nebenkosten.analysis.alerts import Phase
from custom_components.nebenkosten.connections.link import TO_MEND
from custom_components.nebenkosten.energy_dashboard.plan import DashboardPlace, Fault
from custom_components.nebenkosten.engine.anomalies.events import KINDS
from custom_components.nebenkosten.engine.assessment.invariants import INVARIANTS
from custom_components.nebenkosten.engine.cleaning.counter_scan import Flaw
from custom_components.nebenkosten.engine.domain.metrics import METRICS
from custom_components.nebenkosten.engine.domain.report import (
    Finding,
    Provenance,
    ReadingKind,
    Severity,
)
from custom_components.nebenkosten.engine.domain.validation import Check
from custom_components.nebenkosten.entities.consumption import METER_SENSORS
from custom_components.nebenkosten.entities.house import HOUSE_SENSORS
from custom_components.nebenkosten.entities.live import LIVE_SENSORS
from custom_components.nebenkosten.influx.connection import InfluxError
from custom_components.nebenkosten.messages.texts import (
    finding_text,
    load_sentences,
    shown,
)
from custom_components.nebenkosten.outside import OutsideError
from custom_components.nebenkosten.repair_flows.answering import REASONS
from custom_components.nebenkosten.runs.run import RunStatus
from custom_components.nebenkosten.sources.tibber_api import TibberError
from custom_components.nebenkosten.sources.water_temperature import WaterError

from .translations import DE, EN, PACKAGE, load

SOURCE = "\n".join(p.read_text(encoding="utf-8") for p in PACKAGE.rglob("*.py"))


# What the reader of foreign files says: `_say(file, line, "code"` or `_wrong(…`.
_FILE_CODES = (
    r'(?:_say|_wrong|_error)\(\s*(?:METERS|PATTERNS|CONFIG|file|folder)[^"]*?"(\w+)"'
)


def _leaves(node: Any, path: str = "") -> dict[str, str]:
    if isinstance(node, str):
        return {path: node}
    found: dict[str, str] = {}
    for key, value in node.items():
        found |= _leaves(value, f"{path}.{key}")
    return found


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_texts_and_placeholders() -> None:
    english, german = _leaves(EN), _leaves(DE)
    assert english.keys() == german.keys()
    for key, text in english.items():
        assert _placeholders(text) == _placeholders(german[key]), key


@pytest.mark.parametrize("language", [EN, DE])
def test_texts_follow_the_platforms_rules(language: dict[str, Any]) -> None:
    for key, text in _leaves(language).items():
        assert text == text.strip(), key
        assert "://" not in text, key
        assert "<" not in text, key
        assert not re.search(r"'\{\w+\}'", text), key


def test_german_is_german() -> None:
    same = {
        key
        for key, text in _leaves(EN).items()
        if text == _leaves(DE)[key] and " " in text
    }
    assert not same


def test_every_key_used_in_code_has_a_text() -> None:
    patterns = (
        r'(?:refuse|broken|TextError|FileError|JournalError)\(\s*"(\w+)"',
        r'return "((?:disk|journal)_\w+)"',
        r'sentences\["(\w+)"\]',
    )
    used = {key for pattern in patterns for key in re.findall(pattern, SOURCE)}
    codes = re.findall(r'code="(\w+)"(?: if \w+ else "(\w+)")?', SOURCE)
    codes += re.findall(r'code = "(\w+)" if .* else "(\w+)"', SOURCE)
    codes += re.findall(r'_finding\(\s*"(\w+)"()', SOURCE)
    codes += [(flaw.value, "") for flaw in Flaw]
    codes += re.findall(r'_fall\(\s*"(\w+)"()', SOURCE)
    codes += re.findall(r'_left_out\("(\w+)"()', SOURCE)
    used |= {f"finding_{code}" for pair in codes for code in pair if code}
    used |= {f"anomaly_{kind}" for kind in KINDS}
    used |= {f"{what}_{check}" for check in Check for what in ("check", "way_out")}
    explained = re.findall(r'self\._node\([^"]*"(\w+)"', SOURCE)
    explained += re.findall(r'how="(\w+)"', SOURCE)
    explained += re.findall(r'(?:_leaf|_model)\(.*"(\w+)"\)', SOURCE)
    used |= {f"finding_invariant_{name}" for name in INVARIANTS}
    used |= {f"metric_{key}" for key in METRICS}
    used |= {f"explain_{how}" for how in explained}
    used |= {f"file_{code}" for code in re.findall(_FILE_CODES, SOURCE)} | {"file_line"}
    used |= {
        f"place_{place}"
        for place in DashboardPlace
        if place is not DashboardPlace.OTHER
    }
    used |= {f"wiring_{fault}" for fault in Fault}
    used |= {f"logbook_{phase}" for phase in Phase}
    used |= {f"logbook_run_{status}" for status in RunStatus}
    used |= {f"kind_{kind}" for kind in ("physical", "master", "virtual")}
    used |= {f"explain_dial_{known.name.lower()}" for known in Provenance}
    assert used == set(EN["exceptions"])


def test_every_error_of_the_flows_has_a_text() -> None:
    errors = set(EN["config_subentries"]["physical_meter"]["error"])
    for kind in ("water_temperature", "master_meter", "virtual_meter"):
        errors |= set(EN["config_subentries"][kind]["error"])
    errors |= set(EN["config"]["error"]) | set(EN["options"]["error"])
    used = set(re.findall(r'SourceError\("(\w+)"', SOURCE))
    used |= set(re.findall(r'errors\["\w+"\] = "(\w+)"', SOURCE))
    used |= set(re.findall(r'FieldError\("?\w+"?, "(\w+)"', SOURCE))
    assert used <= errors
    # What an action may refuse, the form that calls it must be able to say.
    for key in ("not_a_number", "ambiguous_number", "in_future", "disk_full"):
        assert key in errors
        assert (
            EN["config_subentries"]["physical_meter"]["error"][key]
            == EN["exceptions"][key]["message"]
        )


@pytest.mark.parametrize(
    ("kind", "prefix", "texts"),
    [
        (InfluxError, "influxdb", EN["config"]["error"]),
        (TibberError, "tibber", EN["config"]["error"]),
        (
            WaterError,
            "water",
            EN["config_subentries"]["water_temperature"]["error"],
        ),
    ],
)
def test_every_trouble_with_a_server_has_a_text(
    kind: type[OutsideError], prefix: str, texts: dict[str, str]
) -> None:
    """A docstring names the keys, and the code raises no others."""
    named = set(re.findall(r"`(\w+)`", kind.__doc__ or ""))
    raised = set(re.findall(rf'{kind.__name__}\(\s*"(\w+)"', SOURCE))
    assert raised <= named
    assert {f"{prefix}_{key}" for key in named} == {
        key for key in texts if key.startswith(f"{prefix}_")
    }
    issue = "water_temperature" if prefix == "water" else prefix
    assert all(f"{issue}_{key}" in EN["issues"] for key in named & set(TO_MEND))


def test_issues_of_the_journal_have_a_text() -> None:
    for key in EN["exceptions"]:
        if key.startswith("journal_"):
            assert key in EN["issues"]


def test_every_repair_can_say_why_a_step_cannot_be_done() -> None:
    for key, issue in EN["issues"].items():
        if "fix_flow" in issue:
            assert set(issue["fix_flow"]["abort"]) >= REASONS, key


def test_entities_have_names_and_icons() -> None:
    icons = load("icons.json")
    for description in (*METER_SENSORS, *HOUSE_SENSORS, *LIVE_SENSORS):
        assert description.key in EN["entity"]["sensor"]
        assert description.key in icons["entity"]["sensor"]


def test_actions_are_described_in_all_places() -> None:
    described = yaml.safe_load((PACKAGE / "services.yaml").read_text(encoding="utf-8"))
    assert (
        described.keys()
        == EN["services"].keys()
        == load("icons.json")["services"].keys()
    )
    for name, action in described.items():
        assert action["fields"].keys() == EN["services"][name]["fields"].keys(), name
        assert f'("{name}"' in SOURCE or f'"{name}",' in SOURCE
    kinds = described["add_reading"]["fields"]["kind"]["selector"]["select"]["options"]
    assert kinds == list(ReadingKind)


def test_a_finding_in_both_languages() -> None:
    finding = Finding(
        code="rollover", severity=Severity.INFO, meter_id="a", data={"use": 12.5}
    )
    assert "12.5" in finding_text(finding, load_sentences("en"), comma=False)
    assert "12,5" in finding_text(finding, load_sentences("de"), comma=True)
    assert load_sentences("fr") == load_sentences("en")


@pytest.mark.parametrize(
    ("value", "text"), [(3, "3"), (3.0, "3"), (0.12345, "0,123"), ("x.y", "x.y")]
)
def test_numbers_as_people_write_them(value: str | float, text: str) -> None:
    assert shown(value, comma=True) == text


def test_no_sentence_stands_in_the_code() -> None:
    """What people read comes from the translations, in both languages."""
    for pattern in (
        r'(?:HomeAssistantError|ServiceValidationError|ConfigEntryError)\(\s*f?"',
        r'_attr_name = "',
        r'\bname="[A-Z][a-z]+ ',
        r'(?:title|description|message)=f?"[^"{]* ',
    ):
        assert re.findall(pattern, SOURCE) == []

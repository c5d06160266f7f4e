"""Home Assistant's quality scale: what stands behind each rule that is done."""

from configparser import ConfigParser
from importlib import import_module
import json
from pathlib import Path
import re
import subprocess
import sys
from typing import Any, Final

import yaml

from custom_components.nebenkosten import PLATFORMS
from custom_components.nebenkosten.config_flow import NebenkostenConfigFlow
from custom_components.nebenkosten.flows.house import OPTIONS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "custom_components" / "nebenkosten"
LEDGER = yaml.safe_load((PACKAGE / "quality_scale.yaml").read_text())["rules"]
EN = json.loads((PACKAGE / "translations" / "en.json").read_text())
ICONS = json.loads((PACKAGE / "icons.json").read_text())
README = (ROOT / "README.md").read_text("utf-8")
HERE = "test_quality_scale.py"
HOME = "home_assistant"
README_TEST = "test_the_readme_has_what_users_look_for"

# What stands behind each rule: the ids of tests that exercise it.
RULES = f"{HOME}/test_platform_rules.py"
EVIDENCE: Final[dict[str, tuple[str, ...]]] = {
    "action-setup": (f"{RULES}::test_actions_are_there_before_any_house",),
    "appropriate-polling": (f"{HOME}/test_time.py::test_exactly_one_run_a_local_day",),
    "brands": ("test_manifest.py::test_brand_images_have_the_right_sizes",),
    "common-modules": (f"{HERE}::test_common_rooms_are_where_they_belong",),
    "config-flow": (
        f"{HERE}::test_every_field_is_described",
        f"{HOME}/test_connect_flow.py::test_a_house_set_up_with_both",
    ),
    "config-flow-test-coverage": (f"{HERE}::test_coverage_is_measured_and_asked_for",),
    "dependency-transparency": (
        "test_manifest.py::test_requirements_are_ranges_that_fit_cores_constraints",
    ),
    "docs-actions": (f"{HERE}::test_every_action_is_documented",),
    "docs-conditions": (f"{HERE}::test_triggers_and_conditions_are_documented",),
    "docs-high-level-description": (f"{HERE}::{README_TEST}",),
    "docs-installation-instructions": (f"{HERE}::{README_TEST}",),
    "docs-removal-instructions": (f"{HERE}::{README_TEST}",),
    "docs-triggers": (f"{HERE}::test_triggers_and_conditions_are_documented",),
    "entity-event-setup": (
        f"{HOME}/test_alerts.py::test_a_leak_is_told_once_until_it_ends",
    ),
    "entity-unique-id": (
        f"{RULES}::test_entities_are_unique_named_and_sorted",
        (
            f"{HOME}/test_colliding_ids.py::"
            "test_no_two_meters_that_are_let_in_claim_the_same"
        ),
    ),
    "has-entity-name": (f"{RULES}::test_entities_are_unique_named_and_sorted",),
    "runtime-data": (f"{RULES}::test_a_house_can_be_unloaded_and_set_up_again",),
    "test-before-configure": (
        f"{HOME}/test_connect_flow.py::test_a_place_that_cannot_be_made",
        f"{HOME}/test_outages.py::test_a_password_that_changed",
    ),
    "test-before-setup": (
        (
            f"{HOME}/test_house.py::"
            "test_without_its_journal_a_house_publishes_and_deletes_nothing"
        ),
    ),
    "unique-config-entry": (f"{HOME}/test_house.py::test_only_one_house",),
    "action-exceptions": (
        f"{HOME}/test_readings.py::test_what_cannot_be_is_refused_with_a_sentence",
        (
            "operations/test_misuse.py::"
            "test_whatever_an_action_is_called_with_it_answers_or_refuses"
        ),
    ),
    "config-entry-unloading": (
        f"{RULES}::test_a_house_can_be_unloaded_and_set_up_again",
    ),
    "docs-configuration-parameters": (f"{HERE}::test_every_option_is_documented",),
    "docs-installation-parameters": (f"{HERE}::{README_TEST}",),
    "entity-unavailable": (
        f"{RULES}::test_without_any_result_entities_are_unavailable",
        (
            f"{HOME}/test_true_temperatures.py::"
            "test_a_page_that_says_nothing_new_is_told_and_heals"
        ),
    ),
    "integration-owner": ("test_manifest.py::test_the_manifest",),
    "log-when-unavailable": (
        f"{HOME}/test_outages.py::test_three_days_without_the_server",
    ),
    "parallel-updates": (f"{HERE}::test_platforms_say_how_they_update",),
    "reauthentication-flow": (
        f"{HOME}/test_outages.py::test_a_password_that_changed",
        f"{HOME}/test_connect_flow.py::test_two_credentials_that_expired_together",
    ),
    "test-coverage": (f"{HERE}::test_coverage_is_measured_and_asked_for",),
    "devices": (f"{RULES}::test_a_removed_meter_takes_its_device_along",),
    "diagnostics": (f"{HOME}/test_telling.py::test_diagnostics_help_and_keep_secrets",),
    "docs-data-update": (f"{HERE}::{README_TEST}",),
    "docs-examples": (f"{HOME}/test_docs.py::test_an_example_of_an_automation",),
    "docs-known-limitations": (f"{HERE}::{README_TEST}",),
    "docs-supported-functions": (f"{HERE}::{README_TEST}",),
    "docs-troubleshooting": (f"{HERE}::{README_TEST}",),
    "docs-use-cases": (f"{HERE}::{README_TEST}",),
    "dynamic-devices": (
        (
            f"{HOME}/test_computed_meters.py::"
            "test_a_master_and_a_formula_are_published_day_by_day"
        ),
    ),
    "entity-category": (f"{RULES}::test_entities_are_unique_named_and_sorted",),
    "entity-device-class": (f"{RULES}::test_entities_are_unique_named_and_sorted",),
    "entity-disabled-by-default": (
        f"{HOME}/test_upkeep.py::test_what_a_sensor_makes_needless_is_switched_off",
    ),
    "entity-translations": (
        "messages/test_texts.py::test_entities_have_names_and_icons",
    ),
    "exception-translations": (
        "messages/test_texts.py::test_every_key_used_in_code_has_a_text",
        "messages/test_texts.py::test_no_sentence_stands_in_the_code",
    ),
    "icon-translations": (f"{HERE}::test_icons_are_icons",),
    "reconfiguration-flow": (
        f"{HOME}/test_connect_flow.py::test_letting_tibber_go",
        (
            f"{HOME}/test_computed_meters.py::"
            "test_settings_of_a_computed_meter_are_shown_and_changed"
        ),
    ),
    "repair-issues": (
        f"{HOME}/test_repairs.py::test_a_suspected_exchange_is_entered_by_clicking",
    ),
    "stale-devices": (
        f"{RULES}::test_a_removed_meter_takes_its_device_along",
        f"{HOME}/test_stale_entities.py::test_what_a_meter_no_longer_has_is_removed",
        (
            f"{HOME}/test_stale_entities.py::"
            "test_a_removed_meter_leaves_no_device_and_no_entity"
        ),
        f"{HOME}/test_stale_devices.py::test_a_removed_meter_takes_its_device_along",
    ),
    "inject-websession": (f"{HERE}::test_nobody_makes_a_session_of_his_own",),
    "strict-typing": (f"{HERE}::test_types_are_checked_strictly",),
}


def test_each_rule_that_is_done_has_evidence() -> None:
    done = {rule for rule, status in LEDGER.items() if status == "done"}
    assert done == EVIDENCE.keys()
    for rule, status in LEDGER.items():
        if status != "done":
            assert status["status"] in ("exempt", "todo"), rule
            assert status["comment"].endswith("."), rule


def test_all_evidence_is_collected() -> None:
    """Ask pytest itself: a name that is no test, or a whole file, is no evidence."""
    places = sorted({place for tests in EVIDENCE.values() for place in tests})
    assert all("::test_" in place for place in places)
    asked = [sys.executable, "-m", "pytest", "--collect-only", "-q"]
    done = subprocess.run(
        [*asked, *(f"tests/{place}" for place in places)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    collected = {line.partition("[")[0] for line in done.stdout.splitlines()}
    assert {f"tests/{place}" for place in places} <= collected


def test_coverage_is_measured_and_asked_for() -> None:
    """The forms are part of what every run of all tests measures."""
    assert " --cov " in (ROOT / "scripts" / "test").read_text()
    settings = ConfigParser()
    settings.read(ROOT / "setup.cfg")
    assert settings["coverage:run"]["source"] == "custom_components/nebenkosten"
    assert "omit" not in settings["coverage:run"]
    assert int(settings["coverage:report"]["fail_under"]) >= 95


def test_types_are_checked_strictly() -> None:
    assert ".venv/bin/mypy" in (ROOT / "scripts" / "test").read_text().splitlines()
    settings = ConfigParser()
    settings.read(ROOT / "setup.cfg")
    assert settings["mypy"]["strict"] == "true"
    assert "custom_components" in settings["mypy"]["files"]


def test_every_option_is_documented() -> None:
    """Each field of the options says in the form what it is for."""
    form = EN["options"]["step"]["init"]
    rare = form["sections"]["more"]
    names = {str(name) for name in OPTIONS.schema} - {"more"}
    assert names == form["data_description"].keys()
    assert len(rare["data_description"]) == len(rare["data"]) > 0


def test_the_readme_has_what_users_look_for() -> None:
    for heading in (
        "Who it is for",
        "Installation",
        "Your first house in five minutes",
        "What you can do with it",
        "What you get",
        "How the data are updated",
        "Known limitations",
        "Removal",
    ):
        assert re.search(rf"^##+ {heading}$", README, re.MULTILINE), heading
    assert "docs/troubleshooting.md" in README
    assert "asked at set-up" in README


def test_every_action_is_documented() -> None:
    actions = (ROOT / "docs" / "actions.md").read_text("utf-8")
    pages = actions + (ROOT / "docs" / "tibber.md").read_text("utf-8")
    for action in EN["services"]:
        assert f"nebenkosten.{action}" in pages or f"`{action}`" in pages, action


def test_triggers_and_conditions_are_documented() -> None:
    page = (ROOT / "docs" / "actions.md").read_text("utf-8")
    for kind in ("triggers", "conditions"):
        described = yaml.safe_load((PACKAGE / f"{kind}.yaml").read_text())
        names = {name for name in described if not name.startswith(".")}
        assert names == EN[kind].keys() == ICONS[kind].keys()
        for name in names:
            assert f"nebenkosten.{name}" in page
            fields = described[name].get("fields", {})
            assert fields.keys() == EN[kind][name].get("fields", {}).keys()


def _forms(node: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    if not isinstance(node, dict):
        return []
    found = [(path, node)] if "data" in node else []
    return found + [x for k, v in node.items() for x in _forms(v, f"{path}/{k}")]


def test_every_field_is_described() -> None:
    for room in ("config", "options", "config_subentries", "issues"):
        for path, form in _forms(EN[room]):
            assert form["data"].keys() == form["data_description"].keys(), path


def test_every_kind_of_subentry_has_its_texts() -> None:
    kinds: Any = NebenkostenConfigFlow.async_get_supported_subentry_types
    for kind in kinds(None):
        texts = EN["config_subentries"][kind]
        assert texts["entry_type"]
        assert texts["initiate_flow"].keys() == {"user", "reconfigure"}
        assert "user" in texts["step"]


def _leaves(node: Any) -> list[str]:
    if isinstance(node, str):
        return [node]
    return [leaf for value in node.values() for leaf in _leaves(value)]


def test_icons_are_icons() -> None:
    assert all(re.fullmatch(r"mdi:[a-z0-9-]+", icon) for icon in _leaves(ICONS))
    for platform, entities in ICONS["entity"].items():
        assert entities.keys() <= EN["entity"][platform].keys()


def test_selectors_that_are_translated_have_texts() -> None:
    source = "\n".join(p.read_text("utf-8") for p in PACKAGE.rglob("*.py"))
    source += "\n".join(p.read_text("utf-8") for p in PACKAGE.glob("*.yaml"))
    used = set(re.findall(r'choice\([^"]*"(\w+)"\)', source))
    used |= set(re.findall(r"      translation_key: (\w+)", source))
    assert used
    assert used <= EN["selector"].keys()


def test_common_rooms_are_where_they_belong() -> None:
    assert (PACKAGE / "entity.py").exists()
    assert (PACKAGE / "coordinator.py").exists()
    runtime = (PACKAGE / "runtime.py").read_text()
    assert "type NkConfigEntry = ConfigEntry[Runtime]" in runtime


def test_platforms_say_how_they_update() -> None:
    for platform in PLATFORMS:
        module = import_module(f"custom_components.nebenkosten.{platform}")
        assert module.PARALLEL_UPDATES == 0


def test_nobody_makes_a_session_of_his_own() -> None:
    source = "\n".join(p.read_text("utf-8") for p in PACKAGE.rglob("*.py"))
    assert "ClientSession(" not in source

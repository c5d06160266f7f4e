"""Home Assistant's quality scale: what stands behind each rule that is done."""

import ast
import json
from pathlib import Path
import re
from typing import Any, Final

import pytest
import yaml

from custom_components.nebenkosten.config_flow import NebenkostenConfigFlow

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "custom_components" / "nebenkosten"
LEDGER = yaml.safe_load((PACKAGE / "quality_scale.yaml").read_text())["rules"]
EN = json.loads((PACKAGE / "translations" / "en.json").read_text())
ICONS = json.loads((PACKAGE / "icons.json").read_text())
README = (ROOT / "README.md").read_text("utf-8")
HERE = "test_quality_scale.py"
HOME = "home_assistant"

# A test by file and name, or a command that scripts/test runs.
EVIDENCE: Final = {
    "action-setup": f"{HERE}::test_actions_are_registered_at_set_up_of_the_component",
    "appropriate-polling": f"{HOME}/test_time.py::test_exactly_one_run_a_local_day",
    "brands": "test_manifest.py::test_brand_images_have_the_right_sizes",
    "common-modules": f"{HERE}::test_common_rooms_are_where_they_belong",
    "config-flow": f"{HERE}::test_every_field_is_described",
    "config-flow-test-coverage": "scripts/test",
    "dependency-transparency": "test_manifest.py::"
    "test_requirements_are_ranges_that_fit_cores_constraints",
    "docs-actions": f"{HERE}::test_every_action_is_documented",
    "docs-conditions": f"{HERE}::test_triggers_and_conditions_are_documented",
    "docs-high-level-description": f"{HERE}::test_the_readme_has_what_users_look_for",
    "docs-installation-instructions": f"{HERE}::"
    "test_the_readme_has_what_users_look_for",
    "docs-removal-instructions": f"{HERE}::test_the_readme_has_what_users_look_for",
    "docs-triggers": f"{HERE}::test_triggers_and_conditions_are_documented",
    "entity-event-setup": f"{HOME}/test_alerts.py::"
    "test_a_leak_is_told_once_until_it_ends",
    "entity-unique-id": f"{HERE}::test_entities_are_unique_by_meter_and_key",
    "has-entity-name": f"{HERE}::test_entities_are_unique_by_meter_and_key",
    "runtime-data": f"{HERE}::test_common_rooms_are_where_they_belong",
    "test-before-configure": f"{HOME}/test_connect_flow.py::test_letting_tibber_go",
    "test-before-setup": f"{HOME}/test_house.py::"
    "test_without_its_journal_a_house_publishes_and_deletes_nothing",
    "unique-config-entry": f"{HOME}/test_house.py::test_only_one_house",
    "action-exceptions": "test_texts.py::test_every_key_used_in_code_has_a_text",
    "config-entry-unloading": f"{HOME}/test_house.py::"
    "test_many_changed_meters_make_one_reload",
    "docs-configuration-parameters": f"{HERE}::test_the_readme_has_what_users_look_for",
    "docs-installation-parameters": f"{HERE}::test_the_readme_has_what_users_look_for",
    "entity-unavailable": f"{HOME}/test_time.py::"
    "test_values_survive_a_restart_before_numpy_is_loaded",
    "integration-owner": "test_manifest.py::test_the_manifest",
    "log-when-unavailable": f"{HOME}/test_outages.py",
    "parallel-updates": f"{HERE}::test_platforms_say_how_they_update",
    "reauthentication-flow": f"{HOME}/test_connect_flow.py",
    "test-coverage": "scripts/test",
    "devices": f"{HOME}/test_alerts.py::test_a_leak_is_told_once_until_it_ends",
    "diagnostics": f"{HOME}/test_telling.py::test_diagnostics_help_and_keep_secrets",
    "docs-data-update": f"{HERE}::test_the_readme_has_what_users_look_for",
    "docs-examples": f"{HOME}/test_docs.py::test_an_example_of_an_automation",
    "docs-known-limitations": f"{HERE}::test_the_readme_has_what_users_look_for",
    "docs-supported-functions": f"{HERE}::test_the_readme_has_what_users_look_for",
    "docs-troubleshooting": f"{HERE}::test_the_readme_has_what_users_look_for",
    "docs-use-cases": f"{HERE}::test_the_readme_has_what_users_look_for",
    "dynamic-devices": f"{HOME}/test_computed_meters.py::"
    "test_a_master_and_a_formula_are_published_day_by_day",
    "entity-category": f"{HERE}::test_entities_are_sorted",
    "entity-device-class": f"{HERE}::test_entities_are_sorted",
    "entity-disabled-by-default": f"{HOME}/test_upkeep.py::"
    "test_what_a_sensor_makes_needless_is_switched_off",
    "entity-translations": "test_texts.py::test_entities_have_names_and_icons",
    "exception-translations": "test_texts.py::test_every_key_used_in_code_has_a_text",
    "icon-translations": f"{HERE}::test_icons_are_icons",
    "reconfiguration-flow": f"{HOME}/test_computed_meters.py::"
    "test_settings_of_a_computed_meter_are_shown_and_changed",
    "repair-issues": f"{HOME}/test_repairs.py",
    "stale-devices": f"{HOME}/test_house.py::"
    "test_a_removed_meters_readings_are_kept_until_the_user_says_otherwise",
    "inject-websession": f"{HERE}::test_nobody_makes_a_session_of_his_own",
    "strict-typing": "scripts/test",
}


def test_each_rule_that_is_done_has_evidence() -> None:
    done = {rule for rule, status in LEDGER.items() if status == "done"}
    assert done == EVIDENCE.keys()
    assert not [r for r, s in LEDGER.items() if s != "done" and s["status"] == "todo"]


@pytest.mark.parametrize("place", sorted(set(EVIDENCE.values())))
def test_the_evidence_is_there(place: str) -> None:
    if place.startswith("scripts/"):
        assert (ROOT / place).exists()
        return
    file, _, name = place.partition("::")
    tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
    names = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    assert not name or name in names


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


def test_actions_are_registered_at_set_up_of_the_component() -> None:
    init = (PACKAGE / "__init__.py").read_text()
    begin, end = (
        init.index(f"async def {name}(")
        for name in ("async_setup", "async_setup_entry")
    )
    assert "async_setup_services(hass)" in init[begin:end]


def test_common_rooms_are_where_they_belong() -> None:
    assert (PACKAGE / "entity.py").exists()
    assert (PACKAGE / "coordinator").is_dir()
    assert (
        "type NkConfigEntry = ConfigEntry[Analytics]"
        in (PACKAGE / "data.py").read_text()
    )


PLATFORMS = ("binary_sensor", "button", "event", "number", "sensor", "switch")


def test_platforms_say_how_they_update() -> None:
    for platform in PLATFORMS:
        assert "PARALLEL_UPDATES = 0" in (PACKAGE / f"{platform}.py").read_text()


def test_entities_are_unique_by_meter_and_key() -> None:
    source = (PACKAGE / "entity.py").read_text()
    assert source.count("_attr_has_entity_name = True") == 2
    assert 'self._attr_unique_id = f"{meter.key}_{description.key}"' in source


def test_entities_are_sorted() -> None:
    for platform in ("sensor", "binary_sensor", "switch"):
        source = (PACKAGE / f"{platform}.py").read_text()
        assert "EntityCategory." in source
    assert "state_class" not in (PACKAGE / "sensor.py").read_text()


def test_nobody_makes_a_session_of_his_own() -> None:
    source = "\n".join(p.read_text("utf-8") for p in PACKAGE.rglob("*.py"))
    assert "ClientSession(" not in source

"""The rules of hassfest and HACS that can be stated here."""

import json
from pathlib import Path
import re

from packaging.requirements import Requirement
from packaging.version import Version
from PIL import Image
import yaml

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "custom_components" / "nebenkosten"
MANIFEST = json.loads((PACKAGE / "manifest.json").read_text())


def test_the_manifest() -> None:
    keys = list(MANIFEST)
    assert keys == ["domain", "name", *sorted(keys[2:])]
    assert MANIFEST["domain"] == PACKAGE.name
    assert MANIFEST["documentation"].startswith("https://")
    assert MANIFEST["issue_tracker"].startswith("https://")
    assert MANIFEST["codeowners"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", MANIFEST["version"])
    assert (PACKAGE / "config_flow.py").exists() is MANIFEST["config_flow"]


def test_requirements_are_ranges_that_fit_cores_constraints() -> None:
    import homeassistant

    constraints = (
        Path(homeassistant.__file__).parent / "package_constraints.txt"
    ).read_text()
    pinned = dict(re.findall(r"^(\w+)==(\S+)$", constraints, re.MULTILINE))
    for text in MANIFEST["requirements"]:
        requirement = Requirement(text)
        assert "==" not in text
        if requirement.name in pinned:
            assert Version(pinned[requirement.name]) in requirement.specifier


def test_libraries_of_our_own_have_an_upper_bound() -> None:
    """What core pins is bounded by core; the next major version of others is not."""
    for text in MANIFEST["requirements"]:
        requirement = Requirement(text)
        if requirement.name not in {"numpy", "pandas", "scipy"}:
            assert any(one.operator == "<" for one in requirement.specifier), text


def test_public_holidays_are_tested_with_cores_own_version() -> None:
    from homeassistant.components import workday

    manifest = Path(workday.__file__).parent / "manifest.json"
    (theirs,) = json.loads(manifest.read_text("utf-8"))["requirements"]
    assert theirs in (ROOT / "requirements_test.txt").read_text("utf-8").split("\n")


def test_imported_core_integrations_are_declared() -> None:
    source = "\n".join(p.read_text() for p in PACKAGE.rglob("*.py"))
    imported = set(re.findall(r"homeassistant\.components\.(\w+)", source))
    platforms = {
        *("sensor", "number", "button", "binary_sensor", "event", "switch"),
        *("repairs", "diagnostics", "system_health", "logbook"),
    }
    assert imported - platforms <= {
        *MANIFEST["dependencies"],
        *MANIFEST["after_dependencies"],
    }


def test_hacs() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text())
    assert hacs["name"] == MANIFEST["name"]
    allowed = {"name", "homeassistant", "render_readme", "zip_release", "filename"}
    assert hacs.keys() <= allowed
    for name in ("README.md", "info.md", "LICENSE"):
        assert (ROOT / name).exists()


def test_brand_images_have_the_right_sizes() -> None:
    for name, size in (("icon.png", 256), ("icon@2x.png", 512)):
        with Image.open(PACKAGE / "brand" / name) as picture:
            assert picture.size == (size, size)
    for name, height in (("logo.png", 128), ("logo@2x.png", 256)):
        with Image.open(PACKAGE / "brand" / name) as picture:
            assert picture.height == height


def test_the_quality_ledger_gives_a_reason_for_what_is_not_done() -> None:
    ledger = yaml.safe_load((PACKAGE / "quality_scale.yaml").read_text())
    assert len(ledger["rules"]) == 54
    for rule, status in ledger["rules"].items():
        if status != "done":
            assert status["status"] in ("todo", "exempt"), rule
            assert status["comment"], rule

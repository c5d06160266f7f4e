"""What is fetched is what was looked at: by commit, by exact version, by hash."""

from pathlib import Path
import re

import pytest
import yaml

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
LOCKS = sorted(ROOT.glob("requirements_*.lock"))
REQUIREMENTS = sorted(ROOT.glob("requirements_*.txt"))
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)==([^ ;]+)(?: ; [^\\\n]+)?")


def _name(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def _locked(lock: Path) -> dict[str, list[str]]:
    """Return the lines that follow each pin, by name and version."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lock.read_text(encoding="utf-8").splitlines():
        if pin := _PIN.match(line):
            current = found.setdefault(f"{_name(pin[1])}=={pin[2]}", [])
        elif line.strip():
            current.append(line.strip().removesuffix("\\").strip())
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    uses = [
        step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step
    ]
    assert uses
    for one in uses:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one), one


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_pin_has_hashes_and_nothing_else(lock: Path) -> None:
    found = _locked(lock)
    assert found
    for pin, lines in found.items():
        assert lines, pin
        for line in lines:
            assert re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line), f"{pin}: {line}"


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_what_is_asked_for_is_exact_and_locked(path: Path) -> None:
    locked = _locked(path.with_suffix(".lock"))
    asked = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert asked
    for line in asked:
        name, equal, version = line.partition("==")
        assert equal, line
        assert f"{_name(name)}=={version}" in locked, f"{line}: run scripts/lock"


def test_the_installer_is_the_one_that_the_release_brings() -> None:
    (installer,) = _locked(ROOT / "requirements_uv.lock")
    assert installer in _locked(ROOT / "requirements_test.lock")


@pytest.mark.parametrize(
    "name", ["setup", "setup_next", "install_locked", "fetch", "test_next"]
)
def test_nothing_is_installed_without_hashes(name: str) -> None:
    text = (ROOT / "scripts" / name).read_text(encoding="utf-8")
    for line in text.splitlines():
        if "pip install" in line and not line.lstrip().startswith("#"):
            assert "--require-hashes" in line, line


def test_each_release_that_is_pinned_is_tested() -> None:
    jobs = yaml.safe_load((WORKFLOWS[0].with_name("test.yml")).read_text())["jobs"]
    tested = {one["release"] for one in jobs["test"]["strategy"]["matrix"]["include"]}
    pinned = re.findall(
        r"^homeassistant==(\d+\.\d+)\.",
        "\n".join(map(Path.read_text, REQUIREMENTS)),
        re.MULTILINE,
    )
    assert tested == set(pinned)
    assert len(tested) == 2


def test_updates_are_asked_for() -> None:
    asked = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())
    kinds = {one["package-ecosystem"] for one in asked["updates"]}
    assert kinds == {"github-actions", "pip"}

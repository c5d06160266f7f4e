"""The rules of the house: who may import whom, and how big rooms may grow."""

import ast
from collections.abc import Iterator
from pathlib import Path
import subprocess
import sys

import pytest

PACKAGE = Path(__file__).parent.parent / "custom_components" / "nebenkosten"
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOT = "custom_components.nebenkosten"

# Rooms from the ground up; imports run downwards or stay in the room.
FLOORS = {
    "const": 0,
    "outside": 0,
    "engine": 0,
    "influx": 1,
    "journal": 1,
    "stores": 1,
    "statistic_catalog": 1,
    "sources": 2,
    "messages": 2,
    "configuration": 3,
    "publication": 3,
    "connections": 4,
    "energy_dashboard": 4,
    "analysis": 5,
    "intake": 6,
    "live": 6,
    "runs": 7,
    "upkeep": 8,
    "coordinator": 9,
    "panel": 9,
    "runtime": 10,
    "entity": 11,
    "entities": 12,
    "flows": 12,
    "repair_flows": 13,
    "actions": 13,
    "services": 14,
    "config_flow": 14,
    "sensor": 14,
    "binary_sensor": 14,
    "event": 14,
    "switch": 14,
    "number": 14,
    "button": 14,
    "repairs": 14,
    "diagnostics": 14,
    "system_health": 14,
    "logbook": 14,
    "trigger": 14,
    "condition": 14,
    "backup": 14,
    "__init__": 15,
}
ENGINE_MAY = {"numpy", "scipy", "pandas"} | set(sys.stdlib_module_names)
# What of the engine is free of numpy, so that everybody may ask it.
PLAIN_ENGINE = (
    *("engine", "domain", "meters", "report", "units", "local_days", "serialization"),
    *("reading_bounds", "validation", "gas_factor_bounds", "evaluation_order"),
    *("partitions", "quality_score", "degree_days", "answers", "arrays"),
    *("calendar_periods", "metrics"),
)
# The engine's rooms in the order of the flow; what stands above them joins them.
ENGINE_FLOORS = (
    *("domain", "cleaning", "load_model", "reconstruction", "meter_kinds"),
    *("anomalies", "assessment", "queries"),
)
# What is shared by all that reads and writes outside.
LOW = {"engine", "const", "influx", "outside"}
JOURNAL_MAY = set(sys.stdlib_module_names)
HEAVY = {"numpy", "scipy", "pandas", "influxdb", "influxdb_client"}


def _room(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def _imports(module: Path, *, run_time_only: bool = False) -> Iterator[str]:
    """Yield the absolute names that a module imports."""
    package = [ROOT, *module.relative_to(PACKAGE).parent.parts]
    skipped: set[ast.AST] = set()
    tree = ast.parse(module.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if (
            run_time_only
            and isinstance(node, ast.If)
            and isinstance(node.test, ast.Name)
            and node.test.id == "TYPE_CHECKING"
        ):
            skipped.update(ast.walk(node))
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield stem
            if stem == ROOT or node.module is None:
                yield from (f"{stem}.{alias.name}" for alias in node.names)


def _own(name: str) -> str | None:
    """Return the room of a name of ours."""
    if not name.startswith(f"{ROOT}."):
        return None
    return name.removeprefix(f"{ROOT}.").split(".")[0]


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_imports_run_downwards(module: Path) -> None:
    room = _room(module)
    if module.name == "__main__.py":
        room = "actions"  # the command's door, not a part of the engine
    for name in _imports(module):
        other = _own(name)
        if other is None or other == room:
            continue
        assert FLOORS[other] < FLOORS[room], f"{room} imports {name}"
        assert other != "__init__"


@pytest.mark.parametrize(
    ("room", "allowed"),
    [
        ("engine", {"engine"}),
        ("journal", {"engine"}),
        ("sources", LOW),
        ("publication", {*LOW, "stores", "statistic_catalog"}),
    ],
)
def test_the_stations_know_only_what_they_may(room: str, allowed: set[str]) -> None:
    for module in (PACKAGE / room).rglob("*.py"):
        if module.name == "__main__.py":
            continue
        for name in _imports(module):
            other = _own(name)
            if other is not None:
                assert other in {room} | allowed, f"{module.name} imports {name}"
                if other == "engine" and room in ("sources", "publication", "journal"):
                    assert name.split(".")[-1] in PLAIN_ENGINE, name
            elif room == "engine":
                assert name.split(".")[0] in ENGINE_MAY, f"{module.name}: {name}"
            elif room == "journal":
                assert name.split(".")[0] in JOURNAL_MAY, f"{module.name}: {name}"


def test_everybody_else_knows_the_engine_by_its_api_and_its_plain_modules() -> None:
    plain = {f"{ROOT}.engine.domain.{name}" for name in PLAIN_ENGINE}
    plain |= {f"{ROOT}.engine", f"{ROOT}.engine.api", f"{ROOT}.engine.domain"}
    for module in MODULES:
        if _room(module) != "engine":
            named = {name for name in _imports(module) if _own(name) == "engine"}
            assert named <= plain, f"{module}: {named - plain}"


def test_names_of_arrays_alone_are_for_type_checkers() -> None:
    for module in (PACKAGE / "engine").rglob("*.py"):
        if module.name != "arrays.py":
            assert "TYPE_CHECKING" not in module.read_text(encoding="utf-8"), module


def test_plain_modules_of_the_engine_load_no_numpy() -> None:
    names = [name for name in PLAIN_ENGINE if name not in ("engine", "domain")]
    program = f"""
import sys
from importlib import import_module
for name in {names!r}:
    import_module(f"{ROOT}.engine.domain.{{name}}")
print("numpy" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent.parent,
    )
    assert done.stdout.strip() == "False"


def test_the_engines_rooms_know_only_those_below_them() -> None:
    """Imports for types alone count: a circle of names is a circle."""
    engine = PACKAGE / "engine"
    assert {one.parent.name for one in engine.glob("*/__init__.py")} == set(
        ENGINE_FLOORS
    )
    for module in engine.rglob("*.py"):
        room = module.relative_to(engine).parts[0]
        if room not in ENGINE_FLOORS:
            continue
        for name in _imports(module):
            other = name.removeprefix(f"{ROOT}.engine.").split(".")[0]
            if _own(name) == "engine" and other != room:
                above = ENGINE_FLOORS.index(room)
                assert other in ENGINE_FLOORS[:above], f"{room} imports {name}"


def test_no_room_is_too_big() -> None:
    for module in [*MODULES, *Path(__file__).parent.rglob("*.py")]:
        lines = len(module.read_text(encoding="utf-8").splitlines())
        assert lines <= 400, f"{module} has {lines} lines"


_LONGEST = 60
_MOST_PARAMETERS = 5
# Where Home Assistant dictates more: `folder/module.py:function`.
_DICTATED: frozenset[str] = frozenset()


def _functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    asked = function.args
    named = [one.arg for one in (*asked.posonlyargs, *asked.args, *asked.kwonlyargs)]
    return len([name for name in named if name not in ("self", "cls")])


def test_functions_are_short_and_ask_for_little() -> None:
    for module in MODULES:
        for function in _functions(module):
            name = f"{module.relative_to(PACKAGE)}:{function.name}"
            lines = (function.end_lineno or 0) - function.lineno + 1
            assert lines <= _LONGEST, f"{name} has {lines} lines"
            if name not in _DICTATED:
                count = _parameters(function)
                assert count <= _MOST_PARAMETERS, f"{name} has {count} parameters"


def test_no_top_level_module_is_taken_for_a_platform_of_core() -> None:
    import homeassistant.components

    core = {p.name for p in Path(homeassistant.components.__path__[0]).iterdir()}
    ours = {module.stem for module in PACKAGE.glob("*.py")}
    platforms = {
        *("sensor", "number", "button", "binary_sensor", "event", "switch"),
        *("repairs", "backup", "diagnostics", "system_health", "logbook"),
        *("trigger", "condition"),
    }
    assert ours & core <= platforms


def test_set_up_loads_nothing_heavy() -> None:
    """Import all that Home Assistant imports to set a house up, in a new process."""
    program = f"""
import sys
import homeassistant.components.recorder.statistics
before = set(sys.modules)
import {ROOT}
from {ROOT} import backup, button, config_flow, number, repairs, sensor
print(sorted({HEAVY!r} & (set(sys.modules) - before)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent.parent,
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(PACKAGE)))
def test_docstrings_are_statements(module: Path) -> None:
    """A newcomer looks for what a room holds, not for a question it might answer."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(
            node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        ):
            first = (ast.get_docstring(node) or "").split("\n")[0]
            assert "?" not in first, first


def test_no_two_classes_have_the_same_name() -> None:
    named: dict[str, Path] = {}
    for module in MODULES:
        for node in ast.parse(module.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                assert node.name not in named, f"{module} and {named[node.name]}"
                named[node.name] = module


@pytest.mark.parametrize("room", ["flows", "repair_flows"])
def test_forms_call_typed_services(room: str) -> None:
    """What an action answers is JSON for automations; a form asks the same service."""
    for module in (PACKAGE / room).glob("*.py"):
        source = module.read_text(encoding="utf-8")
        assert "services.async_call" not in source, module
        assert "homeassistant.util.json" not in set(_imports(module)), module


def test_kinds_of_sources_are_known_to_the_registry_alone() -> None:
    """A new kind is one file: who reads, shows or offers sources names none of them."""
    kinds = {f"{ROOT}.sources.{one}" for one in ("entity", "influxdb", "statistic")}
    for module in MODULES:
        if _room(module) != "sources":
            assert kinds.isdisjoint(_imports(module)), module

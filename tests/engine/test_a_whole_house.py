"""A house like the original's: 26 meters of all kinds, read by hand and by sensors."""

from datetime import date, timedelta
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from custom_components.nebenkosten.intake.command import main

from .synthetic import (
    DAYS,
    FIRST,
    counter,
    day,
    generator,
    heating,
    household,
    outdoors,
    visits,
)

MEANS = outdoors()
GAS_KWH = 11.504 * 0.8885
CHANGE = 1050
HEAT = (17.1, 14.0, 12.5, 8.1, 2.5, 1.2, 0.7, 0.6, 5.2, 8.4, 13.2, 16.5)
SHARED = Path(__file__).parents[3] / "shared" / "seed-config"

type Truth = dict[str, tuple[np.ndarray, int, int]]


def truth(seed: int) -> Truth:
    """Return each physical meter's daily use, and between which days it is there."""
    flats = {
        f"{f}_strom": household(m, seed + i)
        for i, (f, m) in enumerate((("eg", 8.0), ("og1", 6.0), ("og2", 5.0)))
    }
    total = sum(flats.values(), start=household(2.5, seed + 9))
    warm, rooms = household(12.0, seed + 4, 0.2), heating(MEANS, 0.0, 9.0, seed)
    fire = household(0.3, seed + 5, 1.0) * (MEANS < 10)
    gas = (warm + rooms) / GAS_KWH + fire
    water = {
        f"{f}_wasser_{k}": household(m, seed + 20 + i, 0.4)
        for i, (f, k, m) in enumerate(
            (
                ("og1", "kalt", 0.12),
                ("og1", "warm", 0.06),
                ("og2", "kalt", 0.1),
                ("og2", "warm", 0.05),
            )
        )
    }
    heat = {
        f"{room}_heat": heating(MEANS, 0.4, slope, seed + 30 + i) / 1000
        for i, (room, slope) in enumerate(
            (
                ("eg_nord", 2.0),
                ("eg_sud", 1.8),
                ("og1", 1.6),
                ("og2", 1.5),
                ("buro", 0.8),
            )
        )
    }
    sun = np.maximum(0.2, 5 * (1 - 0.9 * np.cos(2 * np.pi * np.arange(DAYS) / 365.25)))
    whole: dict[str, np.ndarray] = {
        **flats,
        "gastherme_gesamt": warm + rooms,
        "gastherme_heizen": rooms,
        "gastherme_warmwasser": warm,
        "haupt_wasser": sum(water.values(), start=household(0.15, seed + 40, 0.4)),
        **water,
        **heat,
        "solarspeicher": sun * household(1.0, seed + 50, 0.4),
    }
    return {
        "haupt_strom": (total, CHANGE, DAYS),
        "strom_NT": (total * 0.35, 0, CHANGE),
        "strom_HT": (total * 0.65, 0, CHANGE),
        "gas_alt": (gas, 0, CHANGE),
        "gas_neu": (gas, CHANGE, DAYS),
        **{name: (use, 0, DAYS) for name, use in whole.items()},
    }


def unit(name: str) -> str:
    if "wasser_" in name or name in ("haupt_wasser", "gas_alt", "gas_neu"):
        return "m³"
    return "MWh" if name.endswith("_heat") else "kWh"


def meters(physical: Truth) -> list[dict[str, object]]:
    """Return the configuration in the original system's format."""
    entries: list[dict[str, object]] = []
    for name, (_, first, last) in physical.items():
        entry: dict[str, object] = {
            "meter_id": name,
            "type": "physical",
            "output_unit": unit(name),
            "installation_date": str(day(first)),
        }
        if last < DAYS:
            entry["deinstallation_date"] = str(day(last - 1))
        entries.append(entry)
    for name, old, new, kind, of in (
        ("strom_total", ["strom_NT", "strom_HT"], "haupt_strom", "sum", "kWh"),
        ("gas_total", ["gas_alt"], "gas_neu", "single", "m³"),
    ):
        before = {
            "start_date": str(FIRST),
            "end_date": str(day(CHANGE - 1)),
            "composition_type": kind,
            "source_meters": old,
        }
        after = {
            "start_date": str(day(CHANGE)),
            "end_date": "9999-12-31",
            "source_meters": [new],
            "apply_offset_from_previous_period": True,
        }
        entries.append(
            {
                "meter_id": name,
                "type": "master",
                "output_unit": of,
                "periods": [before, after],
            }
        )
    fireplace = {"gastherme_gesamt": {"from_unit": "kWh", "to_unit": "m³"}}
    entries.append(
        {
            "meter_id": "eg_kalfire",
            "type": "virtual",
            "output_unit": "m³",
            "base_meter": "gas_total",
            "subtract_meters": ["gastherme_gesamt"],
            "subtract_meter_conversions": fireplace,
        }
    )
    entries.append(
        {
            "meter_id": "strom_allgemein",
            "type": "virtual",
            "base_meter": "strom_total",
            "subtract_meters": ["eg_strom", "og1_strom", "og2_strom"],
        }
    )
    return entries


def write_readings(folder: Path, physical: Truth, seed: int) -> None:
    """Read every dial every few weeks, at any time of the day; one by a sensor."""
    dice = generator(seed)
    rows = ["meter_id,time,value"]
    for name, (use, first, last) in physical.items():
        shown = counter(use[first:last], start=float(dice.integers(0, 5000)))
        decimals = 3 if use.mean() < 1 else 1
        daily = name == "haupt_strom"
        seen = range(last - first + 1) if daily else visits(0, last - first, seed)
        for number in seen:
            inside = 0 < number < last - first and not daily
            hour = int(dice.integers(8, 20)) if inside else 0
            part = use[first + number] * hour / 24 if inside else 0.0
            value = f"{shown[number] + part:.{decimals}f}"
            rows.append(f"{name},{day(first + number)} {hour:02}:00,{value}")
    (folder / "readings.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def write_temperature(folder: Path) -> None:
    rows = ["date,mean_c"]
    rows += [f"{day(i)},{mean:.1f}" for i, mean in enumerate(MEANS)]
    (folder / "temperature.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def results(folder: Path) -> dict[str, dict[str, Any]]:
    assert main([str(folder), "--json", str(folder / "out.json")]) == 0
    content = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    found: dict[str, dict[str, Any]] = content["meters"]
    return found


@pytest.mark.parametrize(("seed", "warm"), [(1, True), (2, False), (3, True)])
def test_a_knowledgeable_owner_agrees(tmp_path: Path, seed: int, warm: bool) -> None:
    physical = truth(seed)
    patterns = {
        n: {"monthly_percentages": list(HEAT)} for n in physical if n.endswith("_heat")
    }
    for name, content in (
        ("meters.yaml", {"meters": meters(physical)}),
        ("seasonal_patterns.yaml", {"patterns": patterns}),
        (
            "config.yaml",
            {"gas_conversion": {"energy_content": 11.504, "z_factor": 0.8885}},
        ),
    ):
        (tmp_path / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    write_readings(tmp_path, physical, seed)
    if warm:
        write_temperature(tmp_path)
    found = results(tmp_path)
    assert len(found) == 26
    told = {
        k: [f["code"] for f in m["findings"]] for k, m in found.items() if m["findings"]
    }
    assert told == {}
    odd = {
        k: [a["kind"] for a in m["anomalies"]]
        for k, m in found.items()
        if m["anomalies"]
    }
    assert sum(map(len, odd.values())) <= 2, odd
    _contract_is_kept(found)
    _totals_are_true(found, physical)


def _contract_is_kept(found: dict[str, dict[str, Any]]) -> None:
    keys = (
        "kind medium unit first_day last_day readings daily monthly yearly anomalies"
        " findings partial counter forecast adjusted_yearly model quality"
    )
    for name, one in found.items():
        assert set(keys.split()) <= one.keys(), name
        quality = one["quality"]
        assert isinstance(quality, dict)
        assert quality["score"] >= 95, name
    kinds = [found[name]["kind"] for name in ("gas_alt", "gas_total", "eg_kalfire")]
    assert kinds == ["physical", "master", "virtual"]
    assert found["gas_total"]["medium"] == found["gas_neu"]["medium"] == "gas"
    assert found["haupt_strom"]["medium"] == "other"


def _totals_are_true(found: dict[str, dict[str, Any]], physical: Truth) -> None:
    gas, electricity = physical["gas_alt"][0], physical["haupt_strom"][0]
    fire = gas - physical["gastherme_gesamt"][0] / GAS_KWH
    for name, true, of in (
        ("gas_total", gas, gas),
        ("strom_total", electricity, electricity),
        ("eg_kalfire", fire, gas),
    ):
        yearly = found[name]["yearly"]
        assert isinstance(yearly, dict)
        for year, value in yearly.items():
            inside = np.array([day(i).year == int(year) for i in range(DAYS)])
            assert abs(value - true[inside].sum()) < 0.02 * of[inside].sum(), (
                name,
                year,
            )


@pytest.mark.skipif(not SHARED.exists(), reason="the original's files are not here")
def test_the_originals_files_load(tmp_path: Path) -> None:
    for file in SHARED.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    entries = yaml.safe_load((tmp_path / "meters.yaml").read_text(encoding="utf-8"))
    rows = ["meter_id,time,value"]
    for entry in entries["meters"]:
        if entry["type"] != "physical":
            continue
        first = date.fromisoformat(entry["installation_date"])
        end = entry.get("deinstallation_date", "2025-12-31")
        last = date.fromisoformat(end) + timedelta(days=1)
        number = 0
        while first < last:
            rows.append(f"{entry['meter_id']},{first} 00:00,{100 + 0.5 * number:.1f}")
            step = min(timedelta(days=30), last - first)
            number += step.days
            first += step
        rows.append(f"{entry['meter_id']},{last} 00:00,{100 + 0.5 * number:.1f}")
    (tmp_path / "readings.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    found = results(tmp_path)
    assert len(found) == 26
    kinds = [one["kind"] for one in found.values()]
    assert [kinds.count(k) for k in ("physical", "master", "virtual")] == [22, 2, 2]
    errors = {
        k: [f["code"] for f in m["findings"] if f["severity"] == "error"]
        for k, m in found.items()
    }
    assert not any(errors.values())

"""Random house folders with everything that happens to meters, each from its number."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
import yaml

type Floats = NDArray[np.float64]

# Medium, unit, usual daily use, and how much more of it in winter.
_MEDIA: Final = (
    ("electricity", "kWh", 8.0, 0.2),
    ("electricity", "Wh", 9000.0, 0.1),
    ("gas", "m³", 6.0, 0.9),
    ("gas", "kWh", 60.0, 0.9),
    ("water", "m³", 0.35, -0.1),
    ("water", "L", 350.0, 0.0),
    ("heat", "MWh", 0.03, 0.9),
)
# Days between two readings; below one a sensor reports.
_STEPS: Final = (30.0, 45.0, 91.0, 7.0, 1.0, 1.0 / 24)
_DENSE_DAYS: Final = 40


@dataclass(frozen=True, slots=True)
class Register:
    """What a dial showed: instants [s] and values, in order."""

    times: Floats
    values: Floats


def write_random_house(folder: Path, number: int) -> None:
    """Write meters.yaml, readings and perhaps temperatures; the same ones each time."""
    dice = np.random.default_rng(number)
    (folder / "readings").mkdir(parents=True)
    first = date(2019, 1, 1) + timedelta(days=int(dice.integers(0, 1500)))
    physical = [
        _write_meter(folder, dice, f"m{place}", first)
        for place in range(int(dice.integers(2, 7)))
    ]
    meters = [*physical, *_computed(dice, physical, first)]
    text = yaml.safe_dump({"meters": meters}, allow_unicode=True, sort_keys=False)
    (folder / "meters.yaml").write_text(text, encoding="utf-8")
    if dice.random() < 0.5:
        _write_temperatures(folder, dice, first)


def write_random_readings(folder: Path, dice: np.random.Generator) -> None:
    """Give each physical meter of a folder's meters.yaml readings of its whole life."""
    known = yaml.safe_load((folder / "meters.yaml").read_text(encoding="utf-8"))
    (folder / "readings").mkdir()
    for meter in known["meters"]:
        if meter["type"] == "physical":
            begin = date.fromisoformat(str(meter["installation_date"]))
            end = date.fromisoformat(
                str(meter.get("deinstallation_date", "2026-01-01"))
            )
            _write_readings(
                folder / "readings" / f"{meter['meter_id']}.csv",
                _register(dice, begin, (end - begin).days, 30.0, 8.0, 0.5),
                dice,
            )


def _write_meter(
    folder: Path, dice: np.random.Generator, name: str, first: date
) -> dict[str, Any]:
    medium, unit, daily, season = _MEDIA[int(dice.integers(0, len(_MEDIA)))]
    step = float(dice.choice(_STEPS))
    days = _DENSE_DAYS if step < 1 else int(dice.integers(200, 1500))
    begin = first + timedelta(days=int(dice.integers(0, 60)))
    register = _register(dice, begin, days, step, daily, season)
    register = _with_trouble(dice, register, daily)
    _write_readings(folder / "readings" / f"{name}.csv", register, dice)
    return {
        "meter_id": name,
        "type": "physical",
        "medium": medium,
        "output_unit": unit,
        "installation_date": begin.isoformat(),
    }


def _register(
    dice: np.random.Generator,
    first: date,
    days: int,
    step: float,
    daily: float,
    season: float,
) -> Register:
    """Return a rising dial, read about every `step` days."""
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()
    hours = np.arange(days * 24 + 1)
    winter = np.cos((hours / 24 + first.timetuple().tm_yday - 15) * 2 * np.pi / 365.25)
    rate = daily / 24 * (1 + season * winter) * dice.gamma(2, 0.5, hours.size)
    dial = float(dice.uniform(0, 20000)) + np.cumsum(np.maximum(rate, 0))
    gaps = np.full(int(days / step) + 1, step)
    if step > 1:
        gaps *= dice.uniform(0.7, 1.3, gaps.size)
    moments = np.cumsum(gaps) - gaps[0]
    moments = moments[moments <= days]
    values = np.interp(moments * 24, hours, dial)
    return Register(begin + np.round(moments * 1440) * 60, np.round(values, 3))


def _with_trouble(
    dice: np.random.Generator, register: Register, daily: float
) -> Register:
    """Return it as people and sensors leave it: slips, falls, leaks, standstills."""
    times, values = register.times.copy(), register.values.copy()
    place = int(dice.integers(1, max(values.size, 2)))
    what = dice.choice(
        ["none", "none", "slip", "fall", "leak", "stands", "repeated", "missing"]
    )
    if what == "slip":
        values[place % values.size] *= float(dice.choice([0.1, 10.0]))
    elif what == "fall":
        values[place:] -= values[min(place, values.size - 1)]
    elif what == "leak":
        values[place:] += np.cumsum(np.full(values[place:].size, daily))
    elif what == "stands":
        values[place:] = values[place - 1]
    elif what == "repeated":
        values[place:] = np.maximum(values[place:], values[place - 1])
        values[place : place + 1] = values[place - 1]
    elif what == "missing":
        kept = np.ones(values.size, dtype=bool)
        kept[place : place + values.size // 4] = False
        times, values = times[kept], values[kept]
    return Register(times, np.round(np.maximum(values, 0), 3))


def _write_readings(path: Path, register: Register, dice: np.random.Generator) -> None:
    kinds = np.where(dice.random(register.times.size) < 0.05, "estimate", "actual")
    with path.open("w", encoding="utf-8") as file:
        file.write("time;value;kind\n")
        for time, value, kind in zip(
            register.times.tolist(),
            register.values.tolist(),
            kinds.tolist(),
            strict=True,
        ):
            stamp = datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%MZ")
            file.write(f"{stamp};{value:.4f};{kind}\n")


def _computed(
    dice: np.random.Generator, physical: list[dict[str, Any]], first: date
) -> list[dict[str, Any]]:
    """Return a chain of two meters and a difference of two, where units allow."""
    pairs = [
        (a, b)
        for a in physical
        for b in physical
        if a is not b and a["output_unit"] == b["output_unit"]
    ]
    if not pairs:
        return []
    one, other = pairs[int(dice.integers(0, len(pairs)))]
    unit, changed = one["output_unit"], first + timedelta(days=150)
    chain = {
        "meter_id": "chain",
        "type": "master",
        "output_unit": unit,
        "periods": [
            _tenure(one, unit, first, changed),
            {
                **_tenure(other, unit, changed + timedelta(days=1), date(9999, 12, 31)),
                "apply_offset_from_previous_period": True,
            },
        ],
    }
    rest = {
        "meter_id": "rest",
        "type": "virtual",
        "output_unit": unit,
        "calculation_type": "subtraction",
        "base_meter": one["meter_id"],
        "subtract_meters": [other["meter_id"]],
    }
    return [chain, rest]


def _tenure(meter: dict[str, Any], unit: str, start: date, end: date) -> dict[str, Any]:
    return {
        "start_date": start.isoformat(),
        "end_date": end.isoformat(),
        "composition_type": "single",
        "source_meters": [meter["meter_id"]],
        "source_unit": unit,
    }


def _write_temperatures(folder: Path, dice: np.random.Generator, first: date) -> None:
    days = np.arange(1700)
    season = -9 * np.cos((days + first.timetuple().tm_yday - 15) * 2 * np.pi / 365.25)
    means = 10 + season + dice.normal(0, 3, days.size)
    with (folder / "temperature.csv").open("w", encoding="utf-8") as file:
        file.write("date,mean_c\n")
        for day, mean in zip(days.tolist(), means.tolist(), strict=True):
            file.write(f"{first + timedelta(days=day)},{mean:.2f}\n")

"""Score the engine on real meters.

The data and the scripts that score lie beside the project, where they do at all.
"""

import importlib
from pathlib import Path
import sys
from types import ModuleType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
import pandas as pd

from benchmarks import entries
from custom_components.nebenkosten.engine.domain.meters import Medium

SHARED: Final = Path(__file__).resolve().parents[2] / "shared"
SETS: Final = (SHARED / "data", SHARED / "data2")

# What is promised: (name, value's path, at least / at most, limit, aim).
type Goal = tuple[str, float, str, float, float]


def scores(data: Path) -> dict[str, Any] | None:
    """Return all scores of an open set of data, None where there is none."""
    if not (SHARED / "bench").exists() or not data.exists():
        return None
    sys.path.insert(0, str(SHARED / "bench"))
    anomaly = importlib.import_module("eval_anomaly")
    hourly = importlib.import_module("eval_leak_hourly")
    rebuilt = importlib.import_module("eval_reconstruction")
    baselines = importlib.import_module("baselines")
    found, cases = rebuilt.evaluate(str(data), entries.reconstruct)
    linear, _ = rebuilt.evaluate(str(data), baselines.linear)
    return {
        "normal": anomaly.evaluate(str(data), entries.detect, ("injected", "clean")),
        "sensitive": anomaly.evaluate(
            str(data), entries.detect_sensitive, ("injected", "clean")
        ),
        "hourly": hourly.evaluate(str(data), entries.detect_hourly),
        "reconstruction": found,
        "linear": linear,
        "bands": bands(rebuilt, data),
        "cases": len(cases),
        "changed": changed_days(data),
    }


def changed_days(data: Path) -> int:
    """Return how many measured days change as readings are added one by one.

    Every day of every meter is compared each time a midnight is read.
    """
    meters = pd.read_csv(data / "meters.csv").set_index("meter")
    truth = pd.read_parquet(data / "daily.parquet").sort_values("date")
    return sum(
        entries.changed_days(
            Medium(str(meters.commodity[name])),
            {"m3": "m³"}.get(str(meters.unit[name]), str(meters.unit[name])),
            days.date.iloc[0].date(),
            days.value.to_numpy(float),
        )
        for name, days in truth.groupby("meter")
    )


def bands(rebuilt: ModuleType, data: Path) -> dict[str, float]:
    """Return how often the true total of a month, or of an edge, lies in the band."""
    meters = pd.read_csv(data / "meters.csv").set_index("meter")
    truth = pd.read_parquet(data / "daily.parquet")
    readings = pd.read_parquet(data / "recon_readings.parquet")
    hits: dict[str, list[bool]] = {"months": [], "edges": []}
    for case in pd.read_csv(data / "recon_cases.csv").to_dict("records"):
        start, end = pd.Timestamp(case["start"]), pd.Timestamp(case["end"])
        meter = meters.loc[case["meter"]]
        days = truth[truth.meter == case["meter"]].set_index("date").sort_index()
        days = days.loc[start:end]
        read = readings[readings.case == case["case"]]
        counter = pd.Series(read.counter.to_numpy(), index=pd.DatetimeIndex(read.ts))
        pattern = rebuilt.PATTERN[meter["commodity"]]
        if meter["country"] == "AU":
            pattern = np.roll(pattern, 6)
        warm = bool(days.temp_c.notna().mean() > 0.98)
        outside = days.temp_c.astype(float).interpolate(limit_direction="both")
        found = entries.reconstruct(
            counter, start, end, outside if warm else None, pattern
        )
        _count(hits, found, days.value.to_numpy(float), pd.DatetimeIndex(read.ts))
    return {name: float(np.mean(inside)) for name, inside in hits.items()}


def _count(
    hits: dict[str, list[bool]],
    found: pd.Series,
    true: NDArray[np.float64],
    read: pd.DatetimeIndex,
) -> None:
    index = pd.DatetimeIndex(found.index)
    low, high = (found.attrs[name].to_numpy(float) for name in ("low", "high"))

    def held(days: NDArray[np.bool_]) -> bool:
        total = true[days].sum()
        return bool(low[days].sum() <= total <= high[days].sum())

    before = np.asarray(index < read[0].ceil("D"))
    after = np.asarray(index >= read[-1].floor("D"))
    hits["edges"] += [held(edge) for edge in (before, after) if edge.any()]
    month = np.asarray(index.year * 12 + index.month)
    lengths = np.asarray(index.days_in_month)
    for one in np.unique(month):
        days = month == one
        whole = int(days.sum()) == int(lengths[days][0])
        if whole and not (before | after)[days].any():
            hits["months"].append(held(days))


def goals(found: dict[str, Any]) -> list[Goal]:
    """Return each promise with its value, its limit and what is aimed for."""
    normal, sensitive = found["normal"], found["sensitive"]
    heat = found["reconstruction"]["heating_with_temp"]
    every = found["reconstruction"]["by_schedule"]
    by_kind, hourly = normal["injected"]["recall_by_kind"], found["hourly"]
    closely = sensitive["injected"]
    rows: list[Goal] = [
        ("anomalies: event F1", normal["injected"]["event_F1"], "≥", 0.68, 0.76),
        ("false alarms per meter-year", _clean(normal), "≤", 1.5, 1.0),
        ("leak recall", by_kind["leak"], "≥", 0.5, 0.6),
        (
            "leak within 7 days",
            normal["injected"]["leak_found_within_7d"],
            "≥",
            0.3,
            0.45,
        ),
        ("sensitive: leak recall", closely["recall_by_kind"]["leak"], "≥", 0.65, 0.75),
        ("sensitive: within 7 days", closely["leak_found_within_7d"], "≥", 0.5, 0.6),
        ("sensitive: false alarms", _clean(sensitive), "≤", 2.4, 2.4),
        ("verdicts that know the future", normal["future_used"], "≤", 0, 0),
        ("stuck recall", by_kind["stuck"], "≥", 0.85, 0.95),
        ("vacations that alarm", normal["injected"]["vacation_alarmed"], "≤", 0.05, 0),
        ("hourly leaks: recall", hourly["recall"], "≥", 0.98, 0.99),
        ("hourly: same or next day", hourly["found_same_or_next_day"], "≥", 0.96, 0.97),
        (
            "hourly: false alarms per year",
            hourly["false_alarms_per_meter_year"],
            "≤",
            1.0,
            0.5,
        ),
    ]
    for name, table, limits, aims in (
        ("gas and heat", heat, (12.5, 17, 24), (11, 15, 20)),
        ("all meters", every, (7.7, 12.7, 20), (7, 12, 18)),
    ):
        for period, limit, aim in zip(
            ("month", "quarter", "year"), limits, aims, strict=True
        ):
            value = 100 * table[period]["month_wmape"]
            rows.append(
                (f"{name}: month error %, read by {period}", value, "≤", limit, aim)
            )
    edge = 100 * heat["month"]["edge_err"]
    rows += [
        ("gas and heat: error beyond the readings %", edge, "≤", 52, 40),
        ("commodities worse than linear", float(_worse(found)), "≤", 0, 0),
        ("conservation", found["reconstruction"]["conservation_max"], "≤", 1e-6, 0),
        ("negative or missing days", float(_bad_days(found)), "≤", 0, 0),
        ("measured days that change later", float(found["changed"]), "≤", 0, 0),
        ("months inside the 80 % band", found["bands"]["months"], "≥", 0.7, 0.8),
        ("edges inside the 80 % band", found["bands"]["edges"], "≥", 0.7, 0.8),
    ]
    return rows


def kept(goal: Goal) -> bool:
    """Return whether a promise is kept."""
    _, value, relation, limit, _ = goal
    return value >= limit if relation == "≥" else value <= limit


def print_second(rows: list[Goal]) -> None:
    """Print what the same rows come to on the second set, which nobody tuned on."""
    print("| real meters (second open split) | found |")
    print("|---|---|")
    for name, value, *_ in rows:
        print(f"| {name} | {value:.3g} |")


def print_scores(rows: list[Goal]) -> None:
    """Print the promises as Markdown."""
    print("| real meters (open split) | found | at least | aim | |")
    print("|---|---|---|---|---|")
    for goal in rows:
        name, value, relation, limit, aim = goal
        mark = "kept" if kept(goal) else "**missed**"
        print(f"| {name} | {value:.3g} | {relation} {limit:g} | {aim:g} | {mark} |")


def _clean(result: dict[str, Any]) -> float:
    return float(result["clean"]["false_alarms_per_meter_year"])


def _worse(found: dict[str, Any]) -> int:
    ours, linear = found["reconstruction"], found["linear"]
    return sum(
        row["month_wmape"] > linear["by_commodity"][name]["month_wmape"]
        for name, row in ours["by_commodity"].items()
    )


def _bad_days(found: dict[str, Any]) -> int:
    rebuilt = found["reconstruction"]
    return int(rebuilt["negative_days"]) + int(rebuilt["missing_days"])

"""What automations hear of a large house is kept by the recorder, too."""

from typing import Any, cast

from homeassistant.components.recorder.db_schema import MAX_EVENT_DATA_BYTES
from homeassistant.helpers.json import json_bytes
from hypothesis import given, strategies as st

from custom_components.nebenkosten.analysis.daily_summary import portions_of

_DAY: dict[str, Any] = {
    "unit": "kWh",
    "consumption": 12.345678901234567,
    "expected": 11.345678901234567,
    "deviation": 1.0000000000000001,
    "provenance": "extrapolated",
    "flags": ["leak", "continuous_flow"],
    "parts": dict.fromkeys(("night", "morning", "noon", "evening"), 3.0864197253),
    "quiet": 0.123456789,
}


@given(st.integers(0, 600), st.integers(1, 60))
def test_a_summary_of_any_house_fits_and_loses_no_meter(meters: int, name: int) -> None:
    summary = {
        "date": "2026-03-10",
        "degree_days": 12.5,
        "weather": {"mean": 7.5, "g20_15": 12.5, "hgt15": 7.5, "kind": "cold"},
        "meters": {f"{'m' * name}_{n}": _DAY for n in range(meters)},
    }
    portions = list(portions_of(cast(Any, summary)))
    assert all(len(json_bytes(one)) < MAX_EVENT_DATA_BYTES for one in portions)
    assert [one["part"] for one in portions] == list(range(1, len(portions) + 1))
    assert {one["parts"] for one in portions} == {len(portions)}
    together: dict[str, Any] = {}
    for one in portions:
        together |= cast(dict[str, Any], one["meters"])
        assert one["date"] == "2026-03-10"
    assert together == summary["meters"]
    if meters <= 50:
        assert len(portions) == 1

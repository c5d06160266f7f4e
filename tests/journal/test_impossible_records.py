"""Whatever lies in a journal, all that is asked of it is answered."""

from contextlib import closing
from datetime import date
import json
import math
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nebenkosten.actions.responses import (
    intervals_response,
    readings_response,
)
from custom_components.nebenkosten.analysis import analyse
from custom_components.nebenkosten.analysis.analyse import Ground, Moment
from custom_components.nebenkosten.analysis.last_hours import last_hours
from custom_components.nebenkosten.engine.domain.meters import House, Medium, Meter
from custom_components.nebenkosten.engine.domain.reading_bounds import is_possible
from custom_components.nebenkosten.intake.found_readings import FoundReadings
from custom_components.nebenkosten.journal import readings
from custom_components.nebenkosten.journal.store import Journal, create_journal

from .entries import new

_ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati")
_METERS = tuple(
    Meter(meter_id=name, name=name, medium=Medium.ELECTRICITY, unit="kWh")
    for name in ("strom", "keller")
)
_AS_OF = 1_773_100_800.0
_NORMAL = [(_AS_OF - days * 86400.0, 1000.0 - days) for days in (60, 40, 20, 1)]
_INSTANTS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-63_000_000_000, 8_000_000_000).map(lambda second: second * 10**6),
)
_VALUES = st.floats(allow_nan=False)


@given(
    st.lists(st.tuples(_INSTANTS, _VALUES), min_size=1, max_size=4),
    st.sampled_from(_ZONES),
)
@settings(max_examples=30, deadline=None)
def test_every_look_up_answers_and_other_meters_are_unaffected(
    tmp_path_factory: pytest.TempPathFactory,
    poison: list[tuple[int, float]],
    zone_name: str,
) -> None:
    path: Path = tmp_path_factory.mktemp("journal") / "journal.db"
    house = House(time_zone=zone_name, meters=_METERS)
    with closing(create_journal(path)) as journal:
        for meter in _METERS:
            some = [new(at, value, meter=meter.key) for at, value in _NORMAL]
            readings.append(journal, some)
        before = _told(journal, house)
        with journal.writing("append") as (connection, revision):
            connection.executemany(
                "INSERT INTO readings (meter, instant, zone, value_text, value, kind,"
                " source, received, revision, origin)"
                " VALUES ('strom', ?, 'UTC', 'x', ?, 'actual', 'hand', 0, ?, ?)",
                [(at, v, revision, f"{i}") for i, (at, v) in enumerate(poison)],
            )
        after = _told(journal, house)
        assert after["keller"] == before["keller"]
        if not any(is_possible(at / 1e6, value) for at, value in poison):
            assert after["strom"] == before["strom"]
        found = readings.find(journal, "strom")
        assert len(found) == len(poison) + len(_NORMAL)
        for one in found:
            if not one.is_possible:
                assert readings.delete(journal, one.reading_id) == "strom"
        journal.check()


def _told(journal: Journal, house: House) -> dict[str, str]:
    """Return, by meter, all that is told of it as JSON that any reader takes."""
    zone = ZoneInfo(house.time_zone)
    ground = Ground(journal, house, Moment(as_of=_AS_OF))
    analyses = analyse.analyse(ground, house.meters, {})
    reports = {key: one.report for key, one in analyses.items()}
    told = {}
    for meter in house.meters:
        report = reports[meter.key]
        state = analyse.state(ground, meter, _AS_OF - 86400 * 30)
        day = date(2026, 2, 10)
        analyse.explained(ground, reports, meter, day)
        analyse.preview(ground, meter, [new(_AS_OF, 1001.0)])
        last_hours(ground, [meter], {})
        found = readings.find(journal, meter.key, history=True)
        json.dumps(
            readings_response(meter, FoundReadings(found, report), found, zone, {}),
            allow_nan=False,
        )
        between = analyse.intervals(ground, [meter])
        intervals = intervals_response(between, (None, None), zone)
        use = [None if math.isnan(one) else one for one in report.use.tolist()]
        counter = None if state.counter is None else state.counter.value
        days = str(report.first_day), str(report.last_day)
        told[meter.key] = json.dumps([*days, use, counter, intervals], allow_nan=False)
    return told

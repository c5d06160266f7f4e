"""Each kind of fault once, to real processes; `scripts/faults` does them for hours."""

from pathlib import Path

import pytest

from .laboratory import every_kind, run


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Allow sockets: everything here talks to loopback only."""


def test_no_fault_loses_a_reading_or_makes_a_day_wrong(tmp_path: Path) -> None:
    kinds = every_kind()
    assert len(kinds) >= 20
    report = run(tmp_path, minutes=0.0, workers=2, seed=4711, at_least=kinds)
    assert report.is_good, report.markdown()
    assert set(report.faults) == set(kinds)

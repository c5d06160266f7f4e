"""A quarter of the kinds of faults, others each time; `scripts/faults` does all."""

from pathlib import Path
import random

import pytest

from .laboratory import every_kind, run


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Allow sockets: everything here talks to loopback only."""


def test_no_fault_loses_a_reading_or_makes_a_day_wrong(tmp_path: Path) -> None:
    kinds = every_kind()
    assert len(kinds) >= 50
    seed = random.SystemRandom().randrange(10**6)
    some = random.Random(seed).sample(kinds, len(kinds) // 4)
    report = run(tmp_path, minutes=0.0, workers=2, seed=seed, at_least=some)
    assert report.is_good, f"seed {seed}: {report.markdown()}"
    assert set(report.faults) == set(some)

"""Property tests draw fresh examples everywhere, and print the one that fails."""

import os
from pathlib import Path
import subprocess
import sys

_PROPERTY = """
from hypothesis import given, strategies as st
import tests.conftest

@given(st.integers(0, 2**60))
def draw(number):
    print(number)

@given(st.integers(0, 2**60))
def fail(number):
    assert number < 1000

draw()
fail()
"""


def _run() -> tuple[str, str]:
    """Return what property tests draw and tell where CI is set."""
    done = subprocess.run(
        [sys.executable, "-c", _PROPERTY],
        cwd=Path(__file__).parent.parent,
        env=os.environ | {"CI": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout, done.stderr


def test_examples_are_fresh_and_a_failing_one_is_printed() -> None:
    (first, told), (second, _) = _run(), _run()
    assert first
    assert first != second
    assert "@reproduce_failure(" in told

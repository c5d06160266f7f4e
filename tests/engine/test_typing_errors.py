"""Random typing errors on the real meters of the example house."""

from dataclasses import replace
from itertools import chain
from pathlib import Path
import random

import numpy as np
import pytest

from custom_components.nebenkosten.engine.domain.meters import House, Meter
from custom_components.nebenkosten.engine.domain.report import (
    Context,
    MeterReport,
    ReadingKind,
)
from custom_components.nebenkosten.engine.pipeline import consumption_alone
from custom_components.nebenkosten.intake.house_folder import read_house

from .houses import Point, series

HOUSE = Path(__file__).parents[2] / "examples" / "house"
REAL = ("strom_haus", "gas_haus", "strom_og")
# An hourly meter is judged in a part of its life.
_MOST = 2000
_ENDS = (ReadingKind.INSTALL, ReadingKind.REMOVAL)


@pytest.fixture(name="meters", scope="module")
def real_meters() -> dict[str, tuple[Meter, list[Point]]]:
    found: dict[str, tuple[Meter, list[Point]]] = {}
    files = read_house(HOUSE).readings()
    for row in chain.from_iterable(parsed.rows for _, parsed in files):
        if row.meter.key in REAL:
            _, points = found.setdefault(row.meter.key, (row.meter, []))
            points.append((row.instant, row.value, row.kind))
    return {key: (one, sorted(points)[:_MOST]) for key, (one, points) in found.items()}


def _mistyped(value: float, width: int, dice: random.Random) -> float:
    """Return a number with one digit misread, or two of them swapped."""
    whole, _, decimals = f"{value:.3f}".partition(".")
    digits = list(whole.rjust(width, "0"))
    place = dice.randrange(width)
    if dice.random() < 0.3 and place:
        digits[place - 1 : place + 1] = digits[place], digits[place - 1]
    else:
        digits[place] = dice.choice([d for d in "0123456789" if d != digits[place]])
    return float("".join(digits) + "." + decimals)


@pytest.mark.parametrize("with_digits", [False, True])
def test_typing_errors_make_no_rollover_and_hardly_a_wrong_total(
    meters: dict[str, tuple[Meter, list[Point]]], with_digits: bool
) -> None:
    dice = random.Random(with_digits)
    wrong = phantoms = tried = 0
    for one, points in meters.values():
        width = len(str(int(max(value for _, value, _ in points))))
        known = replace(one, digits=width if with_digits else None)
        truth = float(np.nansum(_days(known, points).use))
        plain = [i for i, point in enumerate(points) if point[2] not in _ENDS]
        for _ in range(80):
            place = dice.choice(plain)
            time, value, kind = points[place]
            typed = [*points]
            typed[place] = time, _mistyped(value, width, dice), kind
            report = _days(known, typed)
            tried += 1
            phantoms += any(f.code == "rollover" for f in report.findings)
            wrong += abs(float(np.nansum(report.use)) - truth) > 0.05 * truth
    assert phantoms == 0
    assert wrong < 0.01 * tried, (wrong, tried)


def _days(one: Meter, points: list[Point]) -> MeterReport:
    house = House(time_zone="Europe/Berlin", meters=(one,))
    context = Context(as_of=points[-1][0] + 1)
    return consumption_alone(house, {one.key: series(points)}, context)[one.key]

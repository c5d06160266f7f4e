"""What is left out takes no part in the models of a meter."""

from zoneinfo import ZoneInfo

import numpy as np

from custom_components.nebenkosten.engine.domain.report import Context
from custom_components.nebenkosten.engine.meter_kinds.preparation import (
    model_date,
    prepare,
)

from .houses import meter, series
from .synthetic import household, read_at, typed


def test_the_model_of_a_meter_reads_no_glitch() -> None:
    points = read_at(household(8.0), list(range(600)), start=9000.0)
    wrong = [typed(p, 0.0) if 300 <= i < 305 else p for i, p in enumerate(points)]
    zone = ZoneInfo("Europe/Berlin")
    clean = [p for i, p in enumerate(points) if not 300 <= i < 305]
    lines = []
    for some in (wrong, clean):
        context = Context(as_of=points[-1][0])
        until = model_date(context.as_of, zone)
        prepared = prepare(meter(), series(some), zone, context, until)
        assert prepared.pace is not None
        lines.append(prepared.pace.shape.weights)
    np.testing.assert_array_equal(lines[0], lines[1])

"""A meter's counter at any instant, such as the day on which a tenant leaves."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np

from ..domain.answers import Neighbour, State
from ..domain.meters import House, Meter
from ..domain.report import Band, Context, Provenance, Series
from ..meter_kinds.physical_line import line_of
from ..meter_kinds.preparation import model_date, prepare
from ..reconstruction import uncertainty
from ..reconstruction.meter_line import Line, RegisterUse


def state_at(
    house: House,
    meter: Meter,
    series: Series,
    context: Context,
    at: float,
) -> State:
    """Return a physical meter's state at an instant [epoch s] up to `as_of`."""
    zone = ZoneInfo(house.time_zone)
    context = replace(context, as_of=max(context.as_of, at))
    until = model_date(context.as_of, zone)
    prepared = prepare(meter, series, zone, context, until)
    line = line_of(prepared)
    if line is None:
        return State(
            counter=None,
            provenance=Provenance.UNKNOWN,
            before=None,
            after=None,
            register=0,
        )
    index, course = _course(line, at)
    value = float(line.parts[0].dial(np.array([at]))[0])
    return State(
        counter=None if np.isnan(value) else _band(line, at, value),
        provenance=_provenance(line, course, at, value),
        before=_neighbour(course, at, before=True),
        after=_neighbour(course, at, before=False),
        register=index,
    )


def _course(line: Line, at: float) -> tuple[int, RegisterUse]:
    """Return the register in use at an instant, and its number."""
    courses = line.courses
    begun = [i for i, course in enumerate(courses) if course.flow.start <= at]
    index = begun[-1] if begun else 0
    return index, courses[index]


def _provenance(line: Line, course: RegisterUse, at: float, value: float) -> Provenance:
    if np.isnan(value):
        return Provenance.UNKNOWN
    if line.known(np.array([at]))[0]:
        return Provenance.MEASURED
    times = course.register.times
    inside = len(times) > 0 and times[0] <= at <= times[-1]
    return Provenance.INTERPOLATED if inside else Provenance.EXTRAPOLATED


def _band(line: Line, at: float, value: float) -> Band:
    """Return the value with its band: wider the farther the next reading is."""
    knots = uncertainty.knots(line)
    near = np.searchsorted(knots, at)
    edges = np.unique(np.append(knots[max(near - 1, 0) : near + 1], at))
    use = line.use(edges)
    known = line.known(edges)
    provenance = np.where(
        known[1:] & known[:-1], Provenance.MEASURED, Provenance.INTERPOLATED
    )
    half = uncertainty.half_widths(line, edges, use, provenance)
    here = int(np.searchsorted(edges, at))
    left = float(np.nansum(half[:here])) if near > 0 else np.inf
    right = float(np.nansum(half[here:])) if near < len(knots) else np.inf
    width = min(left, right)
    return Band(value=value, low=max(value - width, 0.0), high=value + width)


def _neighbour(course: RegisterUse, at: float, *, before: bool) -> Neighbour | None:
    register = course.register
    index = int(np.searchsorted(register.times, at, "right")) - (1 if before else 0)
    if not before and index > 0 and register.times[index - 1] == at:
        index -= 1
    if not 0 <= index < len(register.times):
        return None
    return Neighbour(
        reading_id=int(register.ids[index]),
        instant=float(register.times[index]),
        value=float(register.values[index] - register.rolled[index]),
    )

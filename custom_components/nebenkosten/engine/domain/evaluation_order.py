"""The evaluation order of meters, and those in a circle that have none."""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from .meters import AnyMeter


class CyclicMeterError(ValueError):
    """Meters that are computed from themselves; `path` names them in order."""

    def __init__(self, path: tuple[str, ...]) -> None:
        """Name the path."""
        super().__init__(" → ".join(path))
        self.path = path


def in_order(meters: Iterable[AnyMeter]) -> list[AnyMeter]:
    """Return the meters so that each comes after those it is computed from.

    Raises CyclicMeterError with the path of a cycle.
    """
    by_key = {meter.key: meter for meter in meters}
    graph = {
        key: [k for k in meter.operands if k in by_key] for key, meter in by_key.items()
    }
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        path = tuple(by_key[key].meter_id for key in reversed(error.args[1]))
        raise CyclicMeterError(path) from error
    return [by_key[key] for key in order]

"""The kinds of meters: physical, master and virtual, computed by one interface."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from ..domain.meters import AnyMeter, Master, Meter, Virtual
from . import master, physical, virtual
from .interface import Computed, Operands, Setting

# Each function takes meters of its own kind.
KINDS: Final[Mapping[str, Callable[[Any, Operands, Setting], Computed]]] = {
    Meter.kind: physical.compute,
    Master.kind: master.compute,
    Virtual.kind: virtual.compute,
}


def compute_all(meters: Iterable[AnyMeter], setting: Setting) -> dict[str, Computed]:
    """Return meters by key, each computed from those before it."""
    computed: dict[str, Computed] = {}
    for meter in meters:
        computed[meter.key] = compute(meter, computed, setting)
    return computed


def compute(meter: AnyMeter, operands: Operands, setting: Setting) -> Computed:
    """Return a meter of any kind, computed from those before it (by key)."""
    return KINDS[meter.kind](meter, operands, setting)

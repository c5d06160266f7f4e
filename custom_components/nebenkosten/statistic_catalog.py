"""The catalogue of statistics: every long-term statistic that a meter may have.

A new one is a row of `STATISTICS`. Publication, read-back, housekeeping, the energy
dashboard and the check for colliding ids know statistics from here alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .const import DOMAIN, PREVIEW
from .engine.domain import metrics, units
from .engine.domain.meters import AnyMeter, House
from .engine.domain.report import MeterReport, Rows


class DashboardUse(StrEnum):
    """How a statistic may stand in the energy dashboard.

    One is `OFFERED` for each meter; another one may be chosen `INSTEAD` of it.
    """

    OFFERED = "offered"
    INSTEAD = "instead"
    NEVER = "never"


@dataclass(frozen=True, slots=True, eq=False)
class StatisticBasis:
    """What a meter's statistics are made from."""

    report: MeterReport
    house: House


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticKind:
    """A statistic of the meters that it `exists_for`; its `kind` ends the id.

    `name` has a place for the meter's. `rows` loads the engine: not in the event loop.
    """

    kind: str
    name: str
    unit: Callable[[StatisticBasis], str]
    rows: Callable[[StatisticBasis], Rows]
    exists_for: Callable[[AnyMeter], bool]
    dashboard: DashboardUse

    @property
    def suffix(self) -> str:
        """Return what follows on a meter's key."""
        return f"_{self.kind}"

    def id_of(self, key: str) -> str:
        """Return the id of a meter's statistic."""
        return f"{DOMAIN}:{key}{self.suffix}"


def _use(basis: StatisticBasis) -> Rows:
    # Late: nothing on the set-up path may load numpy.
    from .engine import api

    return api.published_rows(basis.report)


def _gas_energy(basis: StatisticBasis) -> Rows:
    from .engine import api

    return api.energy_rows(basis.report, _use(basis), basis.house.gas)


CONSUMPTION: Final = StatisticKind(
    kind="consumption",
    name="{}",
    unit=lambda basis: metrics.CONSUMPTION.unit_of(basis.report.meter),
    rows=_use,
    exists_for=lambda _: True,
    dashboard=DashboardUse.OFFERED,
)
STATISTICS: tuple[StatisticKind, ...] = (
    CONSUMPTION,
    StatisticKind(
        kind="energy",
        name="{} (kWh)",
        unit=lambda _: "kWh",
        rows=_gas_energy,
        exists_for=units.is_volume_of_gas,
        dashboard=DashboardUse.INSTEAD,
    ),
)


def kinds_of(meter: AnyMeter) -> tuple[StatisticKind, ...]:
    """Return the statistics that a meter has; the first is its consumption."""
    return tuple(one for one in STATISTICS if one.exists_for(meter))


def offered_id(key: str) -> str:
    """Return the id of the statistic that the energy dashboard is offered."""
    (offered,) = (o for o in STATISTICS if o.dashboard is DashboardUse.OFFERED)
    return offered.id_of(key)


def preview_of(statistic_id: str) -> str:
    """Return the id of a statistic's preview."""
    return f"{statistic_id}{PREVIEW}"


def ids_of(meter: AnyMeter) -> tuple[str, ...]:
    """Return the ids of the statistics that a meter has, with their previews."""
    return _with_previews(kinds_of(meter), meter.key)


def statistic_ids(key: str) -> tuple[str, ...]:
    """Return all ids that the statistics of a meter with this key may have."""
    return _with_previews(STATISTICS, key)


def dashboard_ids(key: str) -> tuple[str, ...]:
    """Return those of them that may stand for the meter in the energy dashboard."""
    return _with_previews(
        (one for one in STATISTICS if one.dashboard is not DashboardUse.NEVER), key
    )


def key_of(statistic_id: str) -> str | None:
    """Return the key of the meter that a statistic would be of, None: no meter's."""
    name = statistic_id.removeprefix(f"{DOMAIN}:").removesuffix(PREVIEW)
    for one in STATISTICS:
        if name.endswith(one.suffix):
            return name.removesuffix(one.suffix)
    return None


def _with_previews(kinds: Iterable[StatisticKind], key: str) -> tuple[str, ...]:
    own = tuple(one.id_of(key) for one in kinds)
    return (*own, *map(preview_of, own))

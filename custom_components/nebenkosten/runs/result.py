"""The result of the last runs, as entities show it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..analysis.alerts import Alert
from ..engine.domain.report import Snapshot
from ..journal.size import Sizes
from .run import RunStatus


@dataclass(frozen=True, slots=True)
class Result:
    """Each meter (by key) as last computed, and how the last run ended.

    `missed` names the servers that the last run with a meter could not reach.
    """

    meters: Mapping[str, Snapshot]
    alerts: Mapping[str, tuple[Alert, ...]]
    last_run: float | None
    status: RunStatus | None
    automatic: bool
    sizes: Sizes | None = None
    missed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

"""The registry of rules that find odd days.

One rule per file; a rule sees a day (or an interval) and those before it, never what
comes after. Rules on days judge all meters at once, rules on hours and on intervals
between readings one meter. A new rule is a new file and a line in this registry.
"""

from collections.abc import Mapping
from typing import Final

from .base import Detector
from .continuous_flow import ContinuousFlow
from .global_z import GlobalZ
from .hourly import HourlyDetector
from .interquartile import Interquartile
from .interval_ratio import IntervalRatio
from .intervals import IntervalDetector
from .rolling_z import RollingZ
from .shift import Shift
from .spike import Spike
from .stuck import Stuck

DETECTORS: Final[Mapping[str, type[Detector]]] = {
    detector.name: detector
    for detector in (Spike, Stuck, Shift, GlobalZ, Interquartile, RollingZ)
}
# Those of the original system know no season; they are there to be switched on.
USUAL: Final = frozenset({Spike.name, Stuck.name, Shift.name})
HOURLY_DETECTORS: Final[Mapping[str, type[HourlyDetector]]] = {
    detector.name: detector for detector in (ContinuousFlow,)
}
INTERVAL_DETECTORS: Final[Mapping[str, type[IntervalDetector]]] = {
    detector.name: detector for detector in (IntervalRatio,)
}

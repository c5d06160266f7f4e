"""The engine's functions for everybody else.

Loads numpy: import it inside functions that run in an executor, never while Home
Assistant sets up. The types of what they take and return are in `domain`, which is
free of numpy.
"""

from .anomalies.legacy_flags import flagged_days
from .assessment.invariants import broken
from .cleaning.new_readings import doubtful
from .domain.gas_conversion import energy_rows
from .pipeline import analyse
from .queries.counter_at import state_at
from .queries.daily_summary import mean_of, summary_of
from .queries.explain import explain
from .queries.json_report import (
    anomaly_json,
    finding_json,
    judgement_json,
    meters_json,
    run_json,
)
from .queries.periods import last_year, periods, total
from .queries.published import published_rows
from .queries.reading_intervals import reading_intervals
from .queries.snapshot import snapshot

__all__ = [
    "analyse",
    "anomaly_json",
    "broken",
    "doubtful",
    "energy_rows",
    "explain",
    "finding_json",
    "flagged_days",
    "judgement_json",
    "last_year",
    "mean_of",
    "meters_json",
    "periods",
    "published_rows",
    "reading_intervals",
    "run_json",
    "snapshot",
    "state_at",
    "summary_of",
    "total",
]

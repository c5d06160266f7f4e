"""The judgement of meters: what was expected, and the anomalies."""

from collections.abc import Mapping

from ..domain.report import Anomaly, Consumption, Context, Finding, Judged
from ..meter_kinds.interface import Computed
from .events import joined
from .evidence import Evidence, evidence_of
from .interval_detection import interval_anomalies
from .no_use import sorted_out


def judge(computed: Mapping[str, Computed], context: Context) -> dict[str, Judged]:
    """Return the meters' consumption beside what was expected, with its anomalies."""
    meters = {key: one.consumption for key, one in computed.items()}
    evidence = evidence_of(computed, context)
    return {
        key: _judged(one, evidence.get(key), meters, context)
        for key, one in computed.items()
    }


def _judged(
    one: Computed,
    evidence: Evidence | None,
    meters: Mapping[str, Consumption],
    context: Context,
) -> Judged:
    """Return one meter judged by its days, where measured, and by its intervals."""
    by_days: list[Anomaly] = []
    findings: list[Finding] = []
    if evidence is not None:
        by_days, findings = sorted_out(joined(evidence), meters, context)
    anomalies = (*by_days, *interval_anomalies(one, context))
    return Judged(
        consumption=one.consumption,
        expected=None if evidence is None else evidence.expected,
        anomalies=tuple(sorted(anomalies, key=lambda anomaly: anomaly.start)),
        findings=tuple(findings),
    )

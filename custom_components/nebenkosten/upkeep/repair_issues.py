"""Repair issues: raised for what the user can mend, withdrawn when it is mended."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from homeassistant.core import callback
from homeassistant.helpers import issue_registry as ir

from ..analysis.loaded_house import LoadedHouse
from ..configuration import read_meters
from ..const import DOMAIN, ISSUE_WIRING
from ..energy_dashboard.plan import findings_text
from ..energy_dashboard.preferences import async_plan
from ..engine.domain.meters import AnyMeter, House, Meter
from ..engine.domain.report import Finding
from ..messages.texts import (
    Sentences,
    async_sentences,
    finding_text,
    problem_text,
    shown,
    way_out,
    writes_comma,
)
from ..runs.notices import tell_stale
from ..runs.result import Result
from ..runs.run import Run
from .health import is_stale
from .option_issues import tell_gas, tell_run_time
from .problems import house_problems

_EXCHANGE: Final = ("exchange_suspected", "counter_fell")
_TYPO: Final = ("typo", "repeated_reading", "typo_suspected", "implausible_rise")
_UNITS: Final = ("unit_mismatch", "amount_unit_mismatch", "unit_pair_refused")
_DEMANDS: Final = ("limit_exceeded", "winter_not_higher")
_KIND_OF: Final = {
    **dict.fromkeys(_EXCHANGE, "exchange"),
    **dict.fromkeys(_TYPO, "typo"),
    **dict.fromkeys(_UNITS, "units"),
    **dict.fromkeys(_DEMANDS, "demand"),
    "reading_impossible": "impossible",
}
_ONE_BY_ONE: Final = ("typo", "impossible")
# More are a sensor's trouble, which nobody mends reading by reading.
_MOST_READINGS: Final = 5
_KINDS: Final = ("exchange", "typo", "units", "demand", "impossible")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something to be mended; its kind is its first word and names its texts."""

    kind: str
    meter: str
    about: str = ""
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING
    placeholders: dict[str, str] = field(default_factory=dict)
    data: dict[str, str | int | float | None] = field(default_factory=dict)

    @property
    def issue_id(self) -> str:
        """Return what tells it from all others."""
        return "_".join(filter(None, (self.kind, self.meter, self.about)))


def _is_a_persons_glitch(meter: AnyMeter, finding: Finding) -> bool:
    """Return whether a single value left out was read by a person, however often."""
    by_hand = isinstance(meter, Meter) and not meter.sources
    return finding.code == "glitch" and by_hand and finding.data["count"] == 1


class Issues:
    """Raises what is to be mended and takes back what no longer is."""

    def __init__(self, loaded: LoadedHouse, result: Callable[[], Result]) -> None:
        """Raise issues of one house; `result` is what its entities show."""
        self._hass = loaded.hass
        self._entry = loaded.entry
        self._loaded = loaded
        self._result = result

    async def async_after(self, run: Run) -> None:
        """Follow the findings of the meters that a run has computed, and the house."""
        sentences = await async_sentences(self._hass)
        for meter_id, one in run.meters.items():
            key = meter_id.lower()
            meter = self._loaded.meters[key]
            troubles = list(self._of_findings(meter, one.findings, sentences))
            self._follow(troubles, _KINDS, only=key)
        await self.async_of_house()

    async def async_look(self) -> None:
        """Follow what needs no run: options, definitions, overdue readings."""
        tell_gas(self._hass, self._loaded.house)
        tell_run_time(self._hass, self._entry)
        await self.async_of_house()

    async def async_of_house(self) -> None:
        """Follow what does not depend on a run: definitions, age, the dashboard."""
        house, snapshots = self._loaded.house, self._result().meters.get
        sentences = await async_sentences(self._hass)
        names = {meter.meter_id: meter for meter in house.all_meters}
        by_key = self._loaded.meters
        comma = writes_comma(self._hass.config.language)
        wrong = [
            Trouble(
                kind="definition",
                meter=names[one.meter_id].key,
                about=one.code.value,
                severity=ir.IssueSeverity.ERROR,
                placeholders={
                    "name": names[one.meter_id].name,
                    "text": problem_text(one, sentences, comma=comma),
                    "way_out": way_out(one, sentences),
                },
            )
            for one in house_problems(self._hass, house)
        ]
        self._follow(wrong, ("definition",))
        self._follow(list(self._unreadable()), ("unreadable",))
        old = [self._stale(m) for m in names.values() if is_stale(m, snapshots(m.key))]
        changed = self._follow(old, ("overdue", "silent"))
        for key, is_stale_now in changed.items():
            if key in by_key:
                tell_stale(self._hass, self._entry.entry_id, by_key[key], is_stale_now)
        await self._async_wiring(house, sentences)

    def _unreadable(self) -> Iterator[Trouble]:
        """Yield the meters that nobody understands, with those that wait for them."""
        read = read_meters(self._entry)
        waiting = ", ".join(meter.name for meter in read.waiting) or "–"
        for one in read.unreadable:
            yield Trouble(
                kind="unreadable",
                meter=one.key,
                severity=ir.IssueSeverity.ERROR,
                placeholders={
                    "name": one.name,
                    "reason": one.reason,
                    "waiting": waiting,
                },
            )

    def _stale(self, meter: AnyMeter) -> Trouble:
        by_hand = isinstance(meter, Meter) and not meter.sources
        return Trouble(
            kind="overdue" if by_hand else "silent",
            meter=meter.key,
            placeholders={"name": meter.name},
        )

    def _of_findings(
        self, meter: AnyMeter, found: Iterable[Finding], sentences: Sentences
    ) -> Iterator[Trouble]:
        comma = writes_comma(self._hass.config.language)
        of_readings = 0
        for finding in found:
            placeholders = {
                "name": meter.name,
                "text": finding_text(finding, sentences, comma=comma),
            }
            data = {
                k: v
                for k, v in finding.data.items()
                if isinstance(v, (str, int, float))
            }
            data["day"] = finding.day.isoformat() if finding.day else ""
            by_hand = _is_a_persons_glitch(meter, finding)
            kind = "typo" if by_hand else _KIND_OF.get(finding.code)
            if kind is None or (kind == "demand" and meter.muted):
                continue
            # No key has a hyphen: a code never reads as the end of another key.
            code = finding.code.replace("_", "-") if kind == "units" else finding.code
            about = data["day"] if kind == "exchange" else code
            if kind in _ONE_BY_ONE:
                of_readings += 1
                if of_readings > _MOST_READINGS:
                    continue
                about = data["reading_id"]
            if kind == "typo":
                placeholders["likely"] = shown(finding.data["likely"], comma=comma)
                placeholders["value"] = shown(finding.data["value"], comma=comma)
            yield Trouble(
                kind=kind,
                meter=meter.key,
                about=str(about),
                placeholders=placeholders,
                data=dict(data),
            )

    async def _async_wiring(self, house: House, sentences: Sentences) -> None:
        """Ask about entries of the energy dashboard that count something twice."""
        found = await async_plan(self._hass, house)
        troubles = []
        if found and found.findings:
            text = findings_text(found.findings, sentences)
            troubles = [
                Trouble(kind=ISSUE_WIRING, meter="", placeholders={"text": text})
            ]
        self._follow(troubles, (ISSUE_WIRING,))

    @callback
    def _follow(
        self, wanted: Sequence[Trouble], kinds: Sequence[str], only: str | None = None
    ) -> dict[str, bool]:
        """Raise what is wanted, and take back of these kinds what no longer is.

        With `only`, what concerns other meters (by key) stays. Returns the meters for
        which one was raised (True) that was not there, or the last one went (False).
        """
        raised = {trouble.issue_id for trouble in wanted}
        registry = ir.async_get(self._hass)
        changed = {
            trouble.meter: True
            for trouble in wanted
            if registry.async_get_issue(DOMAIN, trouble.issue_id) is None
        }
        for trouble in wanted:
            self._raise(trouble)
        for (domain, issue_id), issue in list(registry.issues.items()):
            data = issue.data or {}
            ours = domain == DOMAIN and data.get("kind") in kinds
            if ours and issue_id not in raised and only in (None, data.get("meter")):
                ir.async_delete_issue(self._hass, DOMAIN, issue_id)
                changed.setdefault(str(data.get("meter")), False)
        return changed

    def _raise(self, trouble: Trouble) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            trouble.issue_id,
            is_fixable=True,
            # A restart computes nothing anew: what it would tell is still true.
            is_persistent=True,
            severity=trouble.severity,
            translation_key=trouble.kind,
            translation_placeholders=trouble.placeholders,
            data={
                **trouble.data,
                "kind": trouble.kind,
                "meter": trouble.meter,
                "entry_id": self._entry.entry_id,
            },
        )

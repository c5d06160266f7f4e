"""Where does a day's number come from, down to the readings?"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final

from . import gas
from .meter import AnyMeter, House, Master, MasterPeriod, Meter, Virtual
from .model import MeterReport, Provenance, Value, known

if TYPE_CHECKING:
    from .state import State

type Dial = Callable[[Meter, float], State]

_SAME: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A value and what it is made of; `how` names a sentence, filled by `data`."""

    what: str
    value: float | None
    unit: str
    how: str
    data: Mapping[str, Value] = field(default_factory=dict)
    inputs: tuple[Node, ...] = ()
    reading_ids: tuple[int, ...] = ()


def explain(
    house: House,
    reports: Mapping[str, MeterReport],
    dial: Dial,
    meter: AnyMeter,
    day: date,
) -> Node:
    """Return the tree of one meter's local day; `dial` tells what a meter showed.

    `reports` holds the meter and all that it is computed from, by key.
    """
    return _Explaining(house, reports, dial, day).of(meter)


class _Explaining:
    def __init__(
        self,
        house: House,
        reports: Mapping[str, MeterReport],
        dial: Dial,
        day: date,
    ) -> None:
        self._house, self._reports, self._dial = house, reports, dial
        self._day = day
        self._meters = {meter.key: meter for meter in house.all_meters}

    def of(self, meter: AnyMeter) -> Node:
        report = self._reports.get(meter.key)
        index = -1
        if report is not None and report.first_day is not None:
            index = (self._day - report.first_day).days
        if report is None or not 0 <= index < len(report.use):
            return self._node(meter, None, "outside")
        value = known(float(report.use[index]))
        provenance = Provenance(int(report.provenance[index])).name.lower()
        if isinstance(meter, Virtual):
            terms = tuple(self._term(meter, i) for i in range(len(meter.terms)))
            return self._node(meter, value, "formula", terms, provenance=provenance)
        if isinstance(meter, Master):
            parts = self._sources(meter, value)
            return self._node(meter, value, "chain", parts, provenance=provenance)
        ends = tuple(
            self._dial_at(meter, float(at))
            for at in report.midnights[index : index + 2]
        )
        return self._node(meter, value, "difference", ends, provenance=provenance)

    def _node(
        self,
        meter: AnyMeter,
        value: float | None,
        how: str,
        inputs: tuple[Node, ...] = (),
        **data: Value,
    ) -> Node:
        return Node(
            what=meter.meter_id,
            value=value,
            unit=meter.unit,
            how=how,
            data={"day": self._day, **data},
            inputs=inputs,
        )

    def _dial_at(self, meter: Meter, instant: float) -> Node:
        """Return what the dial showed at a midnight, and between which readings."""
        state = self._dial(meter, instant)
        beside = [one for one in (state.before, state.after) if one is not None]
        return Node(
            what=meter.meter_id,
            value=None if state.counter is None else state.counter.value,
            unit=meter.unit,
            how=f"dial_{state.provenance.name.lower()}",
            data={"instant": instant},
            reading_ids=tuple(dict.fromkeys(one.reading_id for one in beside)),
        )

    def _term(self, meter: Virtual, index: int) -> Node:
        term = meter.terms[index]
        operand = self._meters[term.meter_id.lower()]
        node = self.of(operand)
        scale = float(
            gas.daily_factor(operand, meter, self._house.gas, self._day, 1)[0]
        )
        value = node.value
        if value is None and node.how == "outside" and term.zero_when_absent:
            value = 0.0
        factor = term.factor * scale
        return Node(
            what=meter.meter_id,
            value=None if value is None else factor * value,
            unit=meter.unit,
            how="term",
            data={"factor": term.factor, "conversion": scale, "operand": node.what},
            inputs=(node,),
        )

    def _sources(self, meter: Master, value: float | None) -> tuple[Node, ...]:
        """Return the day's sources, and what an exchange adds to them."""
        nodes = []
        for key in self._of_period(meter):
            source = self._meters[key]
            node = self.of(source)
            scale = gas.daily_factor(source, meter, self._house.gas, self._day, 1)[0]
            amount = None if node.value is None else float(scale) * node.value
            nodes.append(
                Node(
                    what=meter.meter_id,
                    value=amount,
                    unit=meter.unit,
                    how="source",
                    data={"operand": node.what, "conversion": float(scale)},
                    inputs=(node,),
                )
            )
        rest = (value or 0.0) - sum(node.value or 0.0 for node in nodes)
        if value is not None and abs(rest) > _SAME * max(abs(value), 1.0):
            nodes.append(self._node(meter, rest, "exchange"))
        return tuple(nodes)

    def _of_period(self, meter: Master) -> list[str]:
        return [
            source.lower()
            for period in meter.periods
            if _covers(period, self._day)
            for source in period.sources
            if source.lower() in self._meters
        ]


def _covers(period: MasterPeriod, day: date) -> bool:
    return period.start <= day <= (period.end or date.max)

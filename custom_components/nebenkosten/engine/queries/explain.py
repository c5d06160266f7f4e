"""The explanation of a day's number, down to the readings."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from ..domain import gas_conversion, metrics, units
from ..domain.answers import Neighbour, Node, State
from ..domain.meters import AnyMeter, House, Master, MasterPeriod, Meter, Virtual
from ..domain.report import MeterReport, Value, known
from ..meter_kinds import operand_days
from .periods import total

type Dial = Callable[[Meter, float], State]

_SAME: Final = 1e-9


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
        day = None if report is None else total(report, self._day, self._day)
        if report is None or report.first_day is None or day is None:
            return self._node(meter, None, "outside")
        value = metrics.CONSUMPTION.of(report, day)
        provenance = day.provenance.name.lower()
        index = (self._day - report.first_day).days
        if isinstance(meter, Virtual):
            terms = tuple(self._term(meter, i) for i in range(len(meter.terms)))
            return self._node(meter, value, "formula", terms, provenance=provenance)
        if isinstance(meter, Master):
            parts = self._sources(meter, index)
            return self._node(meter, value, "chain", parts, provenance=provenance)
        ends = self._ends(meter, value, report.midnights[index : index + 2].tolist())
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
            unit=metrics.CONSUMPTION.unit_of(meter),
            how=how,
            data={"day": self._day, **data},
            inputs=inputs,
            op="sum" if inputs else None,
        )

    def _ends(
        self, meter: Meter, value: float | None, midnights: list[float]
    ) -> tuple[Node, ...]:
        """Return the dial at the end of the day, less the dial at its beginning.

        Where the dial itself was set anew within the day, that is a part of its own.
        """
        begin, end = (self._dial_at(meter, at) for at in midnights)
        less = _less(begin)
        if value is None or less.value is None or end.value is None:
            return end, less
        rest = value - (end.value + less.value)
        if abs(rest) <= _SAME * max(abs(end.value), 1.0):
            return end, less
        return end, less, _leaf(meter.meter_id, rest, meter.unit, "dial_set_anew")

    def _dial_at(self, meter: Meter, instant: float) -> Node:
        """Return what the dial showed at a midnight, and between which readings."""
        state = self._dial(meter, instant)
        value = None if state.counter is None else state.counter.value
        beside = [one for one in (state.before, state.after) if one is not None]
        inputs, op = self._course(meter, beside, value)
        return Node(
            what=meter.meter_id,
            value=value,
            unit=meter.unit,
            how=f"dial_{state.provenance.name.lower()}",
            data={"instant": instant},
            inputs=inputs,
            reading_ids=tuple(dict.fromkeys(one.reading_id for one in beside)),
            op=op if inputs else None,
        )

    def _course(
        self, meter: Meter, beside: list[Neighbour], value: float | None
    ) -> tuple[tuple[Node, ...], str]:
        """Return what a dial's value comes from: readings and a model's course."""
        if value is None or not beside:
            return (), ""
        readings = [_reading(meter, one) for one in beside]
        first, rise = beside[0].value, beside[-1].value - beside[0].value
        if len(beside) == 1 or not rise:
            carried = self._model(meter, value - first, meter.unit, "carried")
            exact = abs(value - first) <= _SAME * max(abs(value), 1.0)
            return (*readings[:1], *(() if exact else (carried,))), "sum"
        interval = Node(
            what=meter.meter_id,
            value=rise,
            unit=meter.unit,
            how="interval",
            inputs=(readings[1], _less(readings[0])),
            reading_ids=tuple(one.reading_id for one in beside),
            op="sum",
        )
        share = self._model(meter, (value - first) / rise, "1", "share")
        return (readings[0], interval, share), "share"

    def _model(self, meter: Meter, value: float, unit: str, how: str) -> Node:
        """Return what a meter's model says, with its name and its date."""
        report = self._reports.get(meter.key)
        model = report.model if report is not None else None
        name = model.shape if model is not None else "even"
        dated = model.model_date if model is not None else None
        data: dict[str, Value] = {"model": name, "dated": dated or "–"}
        return Node(what=meter.meter_id, value=value, unit=unit, how=how, data=data)

    def _term(self, meter: Virtual, index: int) -> Node:
        term = meter.terms[index]
        operand = self._meters[term.meter_id.lower()]
        node = self.of(operand)
        scale = known(
            float(
                gas_conversion.daily_factor(
                    operand, meter, self._house.gas, self._day, 1
                )[0]
            )
        )
        value = known(
            float(operand_days.operand(term, self._reports, self._day, 1).use[0])
        )
        data: dict[str, Value] = {"factor": term.factor, "operand": node.what}
        product = None
        if value is not None and scale is not None:
            product = term.factor * scale * value
        return Node(
            what=meter.meter_id,
            value=product,
            unit=meter.unit,
            how="term",
            data=data | {"conversion": "–" if scale is None else scale},
            inputs=(
                replace(node, value=value),
                _leaf("factor", term.factor, "1", "setting"),
                self._conversion(operand, meter, scale),
            ),
            op="product",
        )

    def _conversion(
        self, given: AnyMeter, wanted: AnyMeter, scale: float | None
    ) -> Node:
        """Return the factor between two meters' units, and from when on it holds."""
        unit = f"{wanted.unit}/{given.unit}"
        if units.is_volume_of_gas(given) == units.is_volume_of_gas(wanted):
            return _leaf("conversion", scale, unit, "setting")
        valid = gas_conversion.valid_on(self._house.gas, self._day)
        data: dict[str, Value] = {
            "brennwert": valid.brennwert,
            "zustandszahl": valid.zustandszahl,
            "valid_from": "–" if valid.valid_from == date.min else valid.valid_from,
        }
        return Node(
            what="conversion", value=scale, unit=unit, how="gas_factor", data=data
        )

    def _sources(self, meter: Master, index: int) -> tuple[Node, ...]:
        """Return what each of a master's sources has in the day.

        A source that counts the whole day by itself is explained further; of another
        one it is what the exchange carries, or cuts off.
        """
        nodes = []
        shares = self._reports[meter.key].shares
        named = [key for key in meter.operands if key in self._meters]
        for key in dict.fromkeys((*shares, *named)):
            share = known(float(shares[key][index])) if key in shares else None
            if not share and not self._counts(meter, key):
                continue
            source = self._meters[key]
            node = self.of(source)
            factor = gas_conversion.daily_factor(
                source, meter, self._house.gas, self._day, 1
            )
            scale = float(factor[0])
            if not _same(share, None if node.value is None else scale * node.value):
                nodes.append(self._carried(meter, source, share))
                continue
            nodes.append(
                Node(
                    what=meter.meter_id,
                    value=share,
                    unit=meter.unit,
                    how="source",
                    data={"operand": node.what, "conversion": scale},
                    inputs=(node, self._conversion(source, meter, scale)),
                    op="product",
                )
            )
        return tuple(nodes)

    def _carried(self, meter: Master, source: AnyMeter, share: float | None) -> Node:
        return Node(
            what=source.meter_id,
            value=share,
            unit=meter.unit,
            how="exchange",
            data={"day": self._day, "operand": source.meter_id},
        )

    def _counts(self, meter: Master, key: str) -> bool:
        """Return whether a source counts on the day by the master's periods."""
        return any(
            _covers(period, self._day) and key in map(str.lower, period.sources)
            for period in meter.periods
        )


def _less(node: Node) -> Node:
    return Node(
        what=node.what,
        value=None if node.value is None else -node.value,
        unit=node.unit,
        how="less",
        inputs=(node, _leaf("sign", -1.0, "1", "setting")),
        op="product",
    )


def _leaf(what: str, value: float | None, unit: str, how: str) -> Node:
    return Node(what=what, value=value, unit=unit, how=how)


def _reading(meter: Meter, reading: Neighbour) -> Node:
    return Node(
        what=meter.meter_id,
        value=reading.value,
        unit=meter.unit,
        how="reading",
        data={"instant": reading.instant},
        reading_ids=(reading.reading_id,),
    )


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= _SAME * max(abs(one), abs(other), 1e-3)


def _covers(period: MasterPeriod, day: date) -> bool:
    return period.start <= day <= (period.end or date.max)

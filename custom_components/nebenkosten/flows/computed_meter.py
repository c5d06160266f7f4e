"""The flow that adds and changes meters computed from others."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import SubentryFlowResult
import probatio as vol

from .checks import FieldError
from .meter import MeterFlow
from .schemas import master_schema, virtual_schema


class _ComputedMeterFlow(MeterFlow):
    """There is nothing to read: only settings."""

    async def async_step_reconfigure(
        self, _user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show the settings."""
        return await self.async_step_settings()


class MasterMeterFlow(_ComputedMeterFlow):
    """Meters one after the other that count the same thing."""

    @override
    async def _async_schema(
        self, known: Mapping[str, Any], own: str | None
    ) -> vol.Schema:
        return master_schema(self._others(own), new=own is None)

    @override
    async def _async_own(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the periods in order; several sources are added up."""
        periods = []
        for row in values["periods"]:
            sources = list(row["source_meters"])
            kind = "sum" if len(sources) > 1 else "single"
            period = {
                "start_date": row["start_date"],
                "end_date": row.get("end_date"),
                "composition_type": kind,
                "source_meters": sources,
            }
            periods.append({k: v for k, v in period.items() if v})
        if not periods:
            raise FieldError("periods", "periods_missing")
        return {"periods": sorted(periods, key=lambda row: str(row["start_date"]))}

    @override
    def _own_as_form(self, data: Mapping[str, Any]) -> dict[str, Any]:
        columns = ("start_date", "end_date", "source_meters")
        rows = [
            {name: row[name] for name in columns if row.get(name)}
            for row in data["periods"]
        ]
        return {"periods": rows}


class VirtualMeterFlow(_ComputedMeterFlow):
    """A sum of other meters' use, each with a factor."""

    @override
    async def _async_schema(
        self, known: Mapping[str, Any], own: str | None
    ) -> vol.Schema:
        return virtual_schema(self._others(own), new=own is None)

    @override
    async def _async_own(self, values: Mapping[str, Any]) -> dict[str, Any]:
        terms = []
        for row in values["terms"]:
            term = {"meter_id": row["meter_id"], "factor": row.get("factor", 1.0)}
            if row.get("zero_when_absent"):
                term["when_absent"] = "zero"
            terms.append(term)
        if not terms:
            raise FieldError("terms", "terms_missing")
        return {"terms": terms}

    @override
    def _own_as_form(self, data: Mapping[str, Any]) -> dict[str, Any]:
        rows = [
            {
                "meter_id": row["meter_id"],
                "factor": row.get("factor", 1.0),
                "zero_when_absent": row.get("when_absent") == "zero",
            }
            for row in data["terms"]
        ]
        return {"terms": rows}

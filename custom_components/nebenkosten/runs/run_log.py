"""The log of the last month's runs and their outcomes."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from operator import attrgetter
from typing import Final, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_dumps
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType, JsonValueType

from ..const import DOMAIN
from ..engine.domain.report import Finding, Severity
from ..stores.disposable import async_stored
from .run import MeterRun, Run

_VERSION: Final = 1
# Hourly runs of a month, and room for others.
_MOST: Final = 1000
_DELAY: Final = 30.0


class _Content(TypedDict):
    runs: list[JsonObjectType]


class RunLog:
    """The records of runs, newest first; without its file only the past is lost."""

    def __init__(self, hass: HomeAssistant, kept: timedelta) -> None:
        """Prepare the file; `async_load` reads it. Records are `kept` so long."""
        self._hass = hass
        self._kept = kept
        self._store = Store[_Content](
            hass, _VERSION, f"{DOMAIN}.runs", serialize_in_event_loop=False
        )
        self.runs: list[JsonObjectType] = []

    async def async_load(self) -> None:
        """Read the file."""
        content = await async_stored(self._store)
        runs = content.get("runs") if isinstance(content, dict) else None
        self.runs = runs if isinstance(runs, list) else []

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    async def async_save(self) -> None:
        """Write the file now."""
        await self._store.async_save(self._content())

    async def async_add(
        self, run: Run, text: Callable[[Finding], str], mended: Sequence[JsonValueType]
    ) -> JsonObjectType:
        """Keep a run's record and return it; its findings are worded elsewhere."""
        record = await self._hass.async_add_executor_job(record_of, run, text)
        return self._keep(record | {"mended": list(mended)})

    def add(self, run: Run) -> JsonObjectType:
        """Keep the record of a run that has no findings, and return it."""
        return self._keep(record_of(run, attrgetter("code")) | {"mended": []})

    def _keep(self, record: JsonObjectType) -> JsonObjectType:
        """Keep a record, and let go of those of long ago."""
        oldest = (dt_util.utcnow() - self._kept).isoformat()
        kept = [one for one in self.runs if str(one["started"]) >= oldest]
        self.runs = [record, *kept][:_MOST]
        self._store.async_delay_save(self._content, _DELAY)
        return record

    def _content(self) -> _Content:
        return {"runs": self.runs}


def record_of(run: Run, text: Callable[[Finding], str]) -> JsonObjectType:
    """Return a run as JSON: counts of each meter, sentences of what is wrong."""
    findings = [f for one in run.meters.values() for f in one.findings]
    return {
        "run_id": run.run_id,
        "trigger": run.trigger.value,
        "status": run.status.value,
        "started": run.started.isoformat(),
        "finished": (run.started + timedelta(seconds=run.duration)).isoformat(),
        "duration_s": round(run.duration, 3),
        "stages_s": {name: round(took, 3) for name, took in run.stages.items()},
        "meters": {key: _of_meter(one) for key, one in run.meters.items()},
        "written": {"statistics": run.written, "influxdb": run.points},
        "findings": len(findings),
        "warnings": _worded(findings, Severity.WARNING, text),
        "errors": [*run.errors, *_worded(findings, Severity.ERROR, text)],
        "attempts": dict(run.attempts),
        **({"interrupted": True} if run.interrupted else {}),
    }


def line_of(record: JsonObjectType) -> str:
    """Return a record as one line of a log: JSON, counts in place of lists."""
    return json_dumps(
        {
            name: len(value) if isinstance(value, (list, dict)) else value
            for name, value in record.items()
            if name not in ("stages_s", "written", "attempts")
        }
        | {name: record[name] for name in ("stages_s", "written", "attempts")}
    )


def _of_meter(one: MeterRun) -> JsonObjectType:
    return {
        "status": one.status.value,
        "readings": one.readings,
        "collected": one.collected,
        "changed_days": one.changed_days,
        "findings": len(one.findings),
    }


def _worded(
    findings: list[Finding], severity: Severity, text: Callable[[Finding], str]
) -> list[JsonValueType]:
    return [f"{f.meter_id}: {text(f)}" for f in findings if f.severity is severity]

"""Steps of repairs always answer: what cannot be done ends the flow with a sentence."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Final

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState, ConfigError
from homeassistant.data_entry_flow import FlowError
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from sqlalchemy.exc import SQLAlchemyError

from ..journal.records import JournalError
from ..messages.errors import broken, error_key, placeholders
from ..outside import OutOfReachError
from ..outside.deadline import RECORDER
from ..runtime import NkConfigEntry, Runtime

type Step = Callable[..., Coroutine[Any, Any, RepairsFlowResult]]

_TROUBLES: Final = (
    *(HomeAssistantError, JournalError, OutOfReachError),
    *(SQLAlchemyError, OSError),
)
_UNKNOWN: Final = "unknown"
# Every repair has a sentence for each of these.
REASONS: Final = frozenset(
    {
        *("meter_gone", "house_not_loaded", "house_reloading", "clock_behind"),
        *("recorder_out_of_reach", "out_of_reach", "reading_unknown"),
        *("only_administrators", "reading_doubted", "unit_mismatch"),
        *("not_a_number", "ambiguous_number", "negative_value", "too_many_digits"),
        *("not_a_time", "in_future", "before_1900", "year_mistyped", "text_too_long"),
        *("disk_full", "disk_read_only", "disk_failed", "journal_locked"),
        *("journal_missing", "journal_older", "journal_other", "journal_unreadable"),
        *("journal_newer", "journal_exists", _UNKNOWN),
    }
)


def _reason(error: Exception) -> str:
    """Return the key of the sentence that says why a step could not be done."""
    match error:
        case ConfigError():
            return "house_not_loaded"
        case HomeAssistantError():
            key = error_key(error)
        case JournalError():
            key = error.key
        case OutOfReachError() if error.name != RECORDER:
            return "out_of_reach"
        case OSError():
            return "disk_failed"
        case _:
            return "recorder_out_of_reach"
    return key if key in REASONS else _UNKNOWN


def _filling(error: Exception) -> dict[str, str]:
    """Return what fills that sentence."""
    return placeholders(error) if isinstance(error, HomeAssistantError) else {}


def _answering(step: Step) -> Step:
    """Return a step that ends the flow where it would raise."""

    @wraps(step)
    async def answer(
        self: HouseRepairFlow, *given: Any, **named: Any
    ) -> RepairsFlowResult:
        try:
            self.expect()
            return await step(self, *given, **named)
        except FlowError:
            # The flow's own way to end.
            raise
        except _TROUBLES as error:
            return self.async_abort(
                reason=_reason(error), description_placeholders=_filling(error)
            )

    return answer


class HouseRepairFlow(RepairsFlow):
    """A repair of a loaded house."""

    def __init__(self, entry: NkConfigEntry) -> None:
        """Mend one loaded house."""
        self._entry = entry

    def __init_subclass__(cls) -> None:
        """Let all steps answer, also those that come from elsewhere."""
        super().__init_subclass__()
        for name in dir(cls):
            step = getattr(cls, name)
            if name.startswith("async_step_") and not hasattr(step, "__wrapped__"):
                setattr(cls, name, _answering(step))

    def expect(self) -> None:
        """Raise HomeAssistantError where nothing is left that a step could mend."""
        _ = self._runtime

    @property
    def _runtime(self) -> Runtime:
        """Return the house; raises HomeAssistantError while it is not loaded."""
        if self._entry.state is not ConfigEntryState.LOADED:
            if self._entry.setup_lock.locked():
                raise broken("house_reloading")
            raise broken("house_not_loaded")
        return self._entry.runtime_data

    @property
    def _said(self) -> dict[str, str] | None:
        """Return what fills the issue's sentences."""
        issue = ir.async_get(self.hass).async_get_issue(self.handler, self.issue_id)
        return issue.translation_placeholders if issue else None


class GoneFlow(RepairsFlow):
    """Say that the house of an issue is not there any more."""

    async def async_step_init(
        self, _user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Say it."""
        return self.async_abort(reason="house_not_loaded")

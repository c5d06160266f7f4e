"""The steps that import a file of readings, with a preview."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
import csv
import io
from typing import Any, Final

from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    FileSelector,
    FileSelectorConfig,
    SelectOptionDict,
)
import probatio as vol

from ..intake.importing import GivenFile, async_keep, async_parsed
from ..intake.reading_cells import places_of
from ..intake.reading_rows import Parsed, Rejected
from ..intake.table import FileError, table_of
from ..intake.text import BareDates
from ..journal.records import Added
from ..messages.errors import error_key
from ..messages.texts import Sentences, async_sentences
from ..runtime import NkConfigEntry
from .schemas import choice, picked
from .session import FormSession, async_administration
from .uploads import async_uploaded

_FILE: Final = vol.Schema(
    {
        vol.Required("file"): FileSelector(
            FileSelectorConfig(accept=".csv,.txt,.tsv,.xlsx")
        ),
        vol.Required("bare_dates", default="end"): choice(
            ["end", "start"], "bare_dates"
        ),
    }
)
_COLUMNS: Final = ("meter_id", "time", "clock", "value", "unit", "kind", "note")
_EXAMPLES: Final = 5


class ImportReadings[C: FlowContext, R: FlowResult[Any, Any], H](FlowHandler[C, R, H]):
    """Steps from the file over its columns to the preview; `_only` names one meter."""

    _only: str | None = None
    _header: tuple[str, ...]
    _rows: list[tuple[int, Sequence[str]]]
    _bare_dates: BareDates
    _content: str
    _count: int

    @property
    @abstractmethod
    def _house(self) -> NkConfigEntry:
        """Return the entry of the house."""

    async def async_step_import_readings(
        self, user_input: dict[str, Any] | None = None
    ) -> R:
        """Take the file."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._bare_dates = user_input["bare_dates"]
            try:
                content = await async_uploaded(self.hass, user_input["file"])
                await self.hass.async_add_executor_job(self._read, content)
            except FileError as error:
                errors["file"] = error.key
            else:
                places = places_of(self._header)
                if {"time", "value"} <= places.keys() and self._names_meters(places):
                    return await self._async_try(places)
                return await self.async_step_import_columns()
        return self._file_form(errors, {"rows": "", "count": ""})

    def _file_form(self, errors: dict[str, str], said: Mapping[str, str]) -> R:
        return self.async_show_form(
            step_id="import_readings",
            data_schema=_FILE,
            errors=errors,
            description_placeholders=said,
        )

    def _read(self, content: bytes) -> None:
        table = table_of(content)
        self._header, self._rows = table.header, list(table.rows)

    def _names_meters(self, places: Mapping[str, int]) -> bool:
        return self._only is not None or "meter_id" in places

    async def async_step_import_columns(
        self, user_input: dict[str, Any] | None = None
    ) -> R:
        """Ask which column is which."""
        errors: dict[str, str] = {}
        if user_input is not None:
            chosen = {k: v for k, v in user_input.items() if k in _COLUMNS}
            places = places_of(self._header, chosen)
            if self._names_meters(places):
                return await self._async_try(places)
            errors["meter_id"] = "column_missing"
        found = places_of(self._header)
        known = {name: self._header[place] for name, place in found.items()}
        columns = [SelectOptionDict(value=n, label=n) for n in self._header if n]
        fields: dict[Any, Any] = {
            vol.Required("time"): picked(columns),
            vol.Optional("clock"): picked(columns),
            vol.Required("value"): picked(columns),
            vol.Optional("unit"): picked(columns),
            vol.Optional("note"): picked(columns),
        }
        if self._only is None:
            fields |= {vol.Optional("meter_id"): picked(columns)}
        return self.async_show_form(
            step_id="import_columns",
            data_schema=self.add_suggested_values_to_schema(
                vol.Schema(fields), user_input or known
            ),
            errors=errors,
        )

    async def _async_try(self, places: Mapping[str, int]) -> R:
        """Look at what the file would give."""
        self._content = _canonical(self._rows, places)
        try:
            _, parsed = await self._async_parsed()
        except HomeAssistantError as error:
            return self._file_form({"file": error_key(error)}, {})
        if parsed.rejected:
            sentences = await async_sentences(self.hass)
            rows = "\n".join(
                f"- {self._place(one, sentences)}"
                for one in parsed.rejected[:_EXAMPLES]
            )
            count = str(len(parsed.rejected))
            return self._file_form(
                {"base": "rows_rejected"}, {"rows": rows, "count": count}
            )
        self._count = len(parsed.rows)
        return await self.async_step_preview_readings()

    def _place(self, rejected: Rejected, sentences: Sentences) -> str:
        """Return where a row stands in the file as it was given, and what is wrong."""
        line, _ = self._rows[rejected.line - 2]
        cell = f" „{rejected.cell}“" if rejected.cell else ""
        text = sentences[rejected.code].format(**rejected.data)
        return f"{line}, {rejected.column}{cell}: {text}"

    async def async_step_preview_readings(
        self, user_input: dict[str, Any] | None = None
    ) -> R:
        """Show what will be kept, and keep it."""
        if user_input is not None:
            try:
                added = await self._async_keep()
            except HomeAssistantError as error:
                return self.async_abort(reason=error_key(error))
            return self.async_abort(
                reason="readings_imported",
                description_placeholders={
                    "imported": str(added.new),
                    "duplicates": str(added.duplicates),
                },
            )
        first, last = self._content.splitlines()[1], self._content.splitlines()[-1]
        return self.async_show_form(
            step_id="preview_readings",
            description_placeholders={
                "count": str(self._count),
                "first": first.replace(";", " · "),
                "last": last.replace(";", " · "),
            },
        )

    async def _async_parsed(self) -> tuple[FormSession, Parsed]:
        """Return the rows as the house understands them now, and who brings them."""
        session = await async_administration(self.hass, self._house)
        only = None if self._only is None else session.controlled(self._only)
        given = GivenFile(content=self._content, bare_dates=self._bare_dates)
        return session, await async_parsed(session.runtime.loaded, given, only)

    async def _async_keep(self) -> Added:
        session, parsed = await self._async_parsed()
        runtime, sentences = session.runtime, await async_sentences(self.hass)
        added = await async_keep(runtime.loaded, parsed, sentences, session.caller)
        runtime.queue.request({row.meter.key for row in parsed.rows})
        return added


def _canonical(
    rows: Sequence[tuple[int, Sequence[str]]], places: Mapping[str, int]
) -> str:
    """Return rows as our own file: one line for each, in the same order."""
    names = [name for name in _COLUMNS if name in places]
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";", lineterminator="\n")
    writer.writerow(names)
    for _, cells in rows:
        found = [_cell(cells, places[name]) for name in names]
        # A row of one empty cell would be no row, and move all after it.
        writer.writerow(found if any(found) else ["-", *found[1:]])
    return file.getvalue()


def _cell(cells: Sequence[str], place: int) -> str:
    text = cells[place] if place < len(cells) else ""
    return " ".join(text.split())

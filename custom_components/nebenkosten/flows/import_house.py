"""The steps that take over an installation of the original system."""

from abc import abstractmethod
from dataclasses import replace
from typing import Any, Final

from homeassistant.config_entries import (
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryData,
)
from homeassistant.helpers.selector import FileSelector, FileSelectorConfig
import probatio as vol

from ..const import (
    CONF_BILLING_YEAR_START,
    CONF_GAS,
    SUBENTRY_MASTER,
    SUBENTRY_PHYSICAL,
    SUBENTRY_VIRTUAL,
)
from ..engine.domain.meters import DEFAULT_GAS, AnyMeter, Medium
from ..engine.domain.report import Severity
from ..engine.domain.serialization import gas_data, meter_data, month_day
from ..engine.domain.validation import problems
from ..intake.original import (
    CONFIG,
    LARGEST_YAML,
    METERS,
    PATTERNS,
    Original,
    read_original,
)
from ..intake.table import FileError, decode
from ..messages.texts import Sentences, async_sentences, file_problem_text, problem_text
from ..upkeep.identities import collisions
from .schemas import choice
from .uploads import async_uploaded

_YAML: Final = FileSelector(FileSelectorConfig(accept=".yaml,.yml"))
_FILES: Final = vol.Schema(
    {
        vol.Required("meters"): _YAML,
        vol.Optional("patterns"): _YAML,
        vol.Optional("config"): _YAML,
    }
)
_TYPES: Final = {
    "physical": SUBENTRY_PHYSICAL,
    "master": SUBENTRY_MASTER,
    "virtual": SUBENTRY_VIRTUAL,
}


class ImportHouse(ConfigFlow):
    """Steps from the files over a preview to subentries and options."""

    _original: Original

    @abstractmethod
    async def async_imported(
        self, subentries: list[ConfigSubentryData], options: dict[str, Any]
    ) -> ConfigFlowResult:
        """Go on with what the files describe."""

    async def async_step_import_files(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Take the three files; only the first one must be there."""
        errors: dict[str, str] = {}
        said = ""
        if user_input is not None:
            try:
                texts = {
                    name: decode(
                        await async_uploaded(self.hass, file_id, most=LARGEST_YAML)
                    )
                    for name, file_id in user_input.items()
                }
            except FileError as error:
                large = error.key == "file_too_large"
                errors["base"] = "file_too_large" if large else "no_yaml"
            else:
                # Many kilobytes take their time, above all hostile ones.
                self._original = await self.hass.async_add_executor_job(
                    read_original,
                    texts["meters"],
                    texts.get("patterns"),
                    texts.get("config"),
                )
                wrong = await self._async_said(Severity.ERROR)
                if not wrong:
                    return await self.async_step_import_preview()
                errors["base"] = "files_wrong"
                said = "\n".join(f"- {text}" for text in wrong)
        return self.async_show_form(
            step_id="import_files",
            data_schema=_FILES,
            errors=errors,
            description_placeholders={
                "problems": said,
                "meters": METERS,
                "patterns": PATTERNS,
                "config": CONFIG,
            },
        )

    async def _async_said(self, *severities: Severity) -> list[str]:
        """Return what is wrong in the files, and with the house that they describe."""
        sentences = await async_sentences(self.hass)
        house = self._original.house(self.hass.config.time_zone)
        return [
            *(
                file_problem_text(one, sentences)
                for one in self._original.problems
                if one.severity in severities
            ),
            *(
                f"{one.meter_id}: {problem_text(one, sentences)}"
                for one in (*problems(house), *collisions(house))
                if one.severity in severities
            ),
        ]

    async def async_step_import_preview(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show what will be made, and ask for the media that no file names."""
        suggested = self._original.suggested
        if user_input is not None:
            media = {key: Medium(user_input[key]) for key in suggested}
            meters = [
                replace(one, medium=media.get(one.key, one.medium))
                for one in self._original.meters
            ]
            subentries = [_subentry(one) for one in meters]
            return await self.async_imported(subentries, _options(self._original))
        noted = await self._async_said(Severity.WARNING, Severity.INFO)
        fields: dict[Any, Any] = {
            vol.Required(key, default=medium.value): choice(list(Medium), "medium")
            for key, medium in suggested.items()
        }
        return self.async_show_form(
            step_id="import_preview",
            data_schema=vol.Schema(fields),
            description_placeholders={
                "count": str(len(self._original.meters)),
                "meters": _listed(
                    self._original.meters, await async_sentences(self.hass)
                ),
                "problems": "\n".join(f"- {text}" for text in noted) or "–",
            },
        )


def _listed(meters: tuple[AnyMeter, ...], sentences: Sentences) -> str:
    """Return the meters by kind, as a person reads them."""
    kinds: dict[str, list[str]] = {}
    for one in meters:
        kinds.setdefault(one.kind, []).append(f"{one.name} [{one.unit}]")
    return "\n".join(
        f"- {sentences[f'kind_{kind}']} ({len(names)}): {', '.join(names)}"
        for kind, names in kinds.items()
    )


def _subentry(meter: AnyMeter) -> ConfigSubentryData:
    return ConfigSubentryData(
        data=meter_data(meter),
        subentry_type=_TYPES[meter.kind],
        title=meter.name,
        unique_id=meter.key,
    )


def _options(original: Original) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if original.gas != (DEFAULT_GAS,):
        options[CONF_GAS] = [gas_data(factor) for factor in original.gas]
    if original.billing_year_start != (1, 1):
        options[CONF_BILLING_YEAR_START] = month_day(original.billing_year_start)
    return options

"""The step that puts statistics into the energy dashboard, with consent."""

from typing import Any

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
import probatio as vol

from ..configuration import house_of
from ..energy_dashboard.plan import Entry, Plan, findings_text
from ..energy_dashboard.preferences import async_change, async_plan
from ..messages.texts import Sentences, async_sentences
from ..statistic_catalog import offered_id


class EnergyDashboard(ConfigFlow):
    """One step: what would be added and taken out; nothing is done unasked."""

    async def async_step_energy_dashboard(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Show the plan and carry it out."""
        house = house_of(self.hass, self._get_reconfigure_entry())
        found = await async_plan(self.hass, house)
        if found is None:
            return self.async_abort(reason="energy_missing")
        if not found.additions and not found.findings:
            return self.async_abort(reason="energy_complete")
        if user_input is not None:
            removals = [finding.entry for finding in found.findings]
            await async_change(self.hass, found.additions, removals)
            return self.async_abort(reason="energy_done")
        names = {offered_id(meter.key): meter.name for meter in house.all_meters}
        sentences = await async_sentences(self.hass)
        return self.async_show_form(
            step_id="energy_dashboard",
            data_schema=vol.Schema({}),
            description_placeholders=_in_words(found, names, sentences),
        )


def _in_words(
    found: Plan, names: dict[str, str], sentences: Sentences
) -> dict[str, str]:
    def name(entry: Entry) -> str:
        place = sentences[f"place_{entry.place}"]
        return f"{names[entry.statistic_id]} ({place})"

    added = "\n".join(f"- {name(entry)}" for entry in found.additions)
    wrong = findings_text(found.findings, sentences)
    return {"added": added or "–", "wrong": wrong or "–"}

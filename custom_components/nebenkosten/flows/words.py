"""Numbers and a reading's preview in words."""

from homeassistant.core import HomeAssistant

from ..intake.reading_desk import ReadingPreview
from ..messages.texts import async_wording, shown, writes_comma


def number_in_words(hass: HomeAssistant, value: float) -> str:
    """Return a number as people of the house's language write it."""
    return shown(float(value), comma=writes_comma(hass.config.language))


async def async_preview_in_words(
    hass: HomeAssistant, preview: ReadingPreview, unit: str
) -> dict[str, str]:
    """Return what fills the sentences of a preview."""
    text = await async_wording(hass)
    use, days = preview.use, preview.days
    per_day = None if use is None or not days else use / days

    def number(value: float | None) -> str:
        return "–" if value is None else number_in_words(hass, value)

    return {
        "value": number(preview.value),
        "unit": unit,
        "time": f"{preview.at:%d.%m.%Y %H:%M}",
        "use": number(use),
        "days": number(None if days is None else round(days, 1)),
        "per_day": number(per_day),
        "findings": "\n".join(f"- {text(finding)}" for finding in preview.findings),
    }

"""The offer of the bundled dashboard to Home Assistant."""

from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from ..const import DOMAIN

_URL: Final = f"/{DOMAIN}_frontend/strategy.js"


async def async_offer_dashboard(hass: HomeAssistant) -> None:
    """Let the frontend load the strategy, where there is a frontend."""
    if "frontend" not in hass.config.components:
        return
    # Late: a house without a frontend does without its modules.
    from homeassistant.components.frontend import add_extra_js_url
    from homeassistant.components.http.server import StaticPathConfig

    path = Path(__file__).parent / "frontend" / "strategy.js"
    await hass.http.async_register_static_paths(
        [StaticPathConfig(_URL, str(path), cache_headers=False)]
    )
    version = (await async_get_integration(hass, DOMAIN)).version
    add_extra_js_url(hass, f"{_URL}?v={version}")

"""Readings that need a repair, and the answers to one."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component

from custom_components.nebenkosten.const import DOMAIN

from .conftest import act, settle


def issues(hass: HomeAssistant) -> set[str]:
    return {issue for domain, issue in ir.async_get(hass).issues if domain == DOMAIN}


async def mend(hass: HomeAssistant, issue: str, *answers: dict[str, Any]) -> list[Any]:
    """Answer the steps of a repair; returns what each of them shows."""
    assert await async_setup_component(hass, "repairs", {})
    manager = hass.data["repairs"]["flow_manager"]
    flow = await manager.async_init(DOMAIN, data={"issue_id": issue})
    shown = [flow]
    for answer in answers:
        shown.append(await manager.async_configure(flow["flow_id"], answer))
        await settle(hass)
    return shown


async def say(hass: HomeAssistant, *rows: tuple[str, float]) -> None:
    content = "meter_id,time,value\n" + "\n".join(f"strom,{d},{v:.4f}" for d, v in rows)
    await act(hass, "import_readings", content=content)
    await act(hass, "run_analytics")


FALL = (
    ("2025-10-31", 40000.0),
    ("2025-11-30", 40310.0),
    ("2025-12-31", 40620.0),
    ("2026-01-31", 210.0),
    ("2026-02-28", 490.0),
)


SLIP = (
    ("2025-09-30", 1000.0),
    ("2025-10-31", 1310.0),
    ("2025-11-30", 1610.0),
    ("2025-12-31", 19200.0),
    ("2026-01-31", 2230.0),
    ("2026-02-28", 2510.0),
)

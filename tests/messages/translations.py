"""The texts as they are stored."""

import json
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[2] / "custom_components" / "nebenkosten"


def load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((PACKAGE / name).read_text(encoding="utf-8"))
    return content


EN, DE = load("translations/en.json"), load("translations/de.json")

"""Values as texts that read back as themselves."""

from decimal import Decimal
import re
from typing import Final

# What could be read with a separator of thousands.
AMBIGUOUS: Final = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


def number_text(value: float) -> str:
    """Return a number so that it reads back as itself and nothing else."""
    text = format(Decimal(repr(value)), "f")
    text = text.removesuffix(".0")
    return f"{text}0" if AMBIGUOUS.fullmatch(text) else text

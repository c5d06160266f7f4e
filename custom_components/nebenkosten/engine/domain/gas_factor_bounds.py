"""The bounds of gas factors: possible ones and usual ones.

Gross calorific values [kWh/m³, at 0 °C and 1013.25 mbar] of ISO 6976: hydrogen 3.5,
natural gas L and H 8.4 to 13.1 (DVGW G 260, second family), propane 28.1, butane 37.2.
State numbers by DVGW G 685, z = 273.15 / T x (p_amb + p_e) / 1013.25: 0.85 at 700 m to
0.97 at the sea for 15 °C and 22 mbar; 1 where a corrector counts; 0.6 at 3,000 m in
heat and 2 at 1 bar of overpressure in frost are the ends of what a house may meet.
"""

from enum import StrEnum
from typing import Final

from .meters import GasFactor
from .units import UnitMismatchError

CALORIFIC_POSSIBLE: Final = (3.0, 40.0)
CALORIFIC_USUAL: Final = (8.4, 13.1)
STATE_POSSIBLE: Final = (0.6, 2.0)
STATE_USUAL: Final = (0.85, 1.05)


class Verdict(StrEnum):
    """The verdict on a gas factor."""

    USUAL = "usual"
    UNUSUAL = "unusual"
    IMPOSSIBLE = "impossible"


def verdict(factor: GasFactor) -> Verdict:
    """Return the verdict on a factor; not a number is impossible."""
    if not _within(factor, CALORIFIC_POSSIBLE, STATE_POSSIBLE):
        return Verdict.IMPOSSIBLE
    if not _within(factor, CALORIFIC_USUAL, STATE_USUAL):
        return Verdict.UNUSUAL
    return Verdict.USUAL


class GasFactorError(UnitMismatchError):
    """A factor that no gas has, where volume should become energy or the reverse."""

    def __init__(self, given: str, wanted: str, factor: GasFactor) -> None:
        """Keep the pair of units, and the factor."""
        super().__init__(given, wanted)
        self.factor = factor


def is_possible(factor: GasFactor) -> bool:
    """Return whether any gas has such a factor."""
    return verdict(factor) is not Verdict.IMPOSSIBLE


def _within(
    factor: GasFactor, calorific: tuple[float, float], state: tuple[float, float]
) -> bool:
    return (
        calorific[0] <= factor.brennwert <= calorific[1]
        and state[0] <= factor.zustandszahl <= state[1]
    )

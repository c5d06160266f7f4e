"""Hard bounds of a reading: what lies outside is a mistake, whoever gives it.

Every way in asks here, and so does the journal of what lies in it already. Whether a
reading fits the others of its meter is another question.
"""

from datetime import date
from itertools import permutations
from typing import Final

FIRST_YEAR: Final = 1900
FIRST_DAY: Final = date(FIRST_YEAR, 1, 1)
# No clock is so wrong: later readings cannot even be shown everywhere.
LAST_DAY: Final = date(2200, 1, 1)
# Epoch s. The first day begins a day earlier in the east.
EARLIEST: Final = -2209075200.0
LATEST: Final = 7258118400.0
# No dial shows more digits before the decimal separator.
DIGITS: Final = 12
LARGEST: Final = 10.0**DIGITS
_SUGGESTED: Final = 3


def is_possible(instant: float, value: float) -> bool:
    """Return whether a dial can have shown a value at an instant [epoch s]."""
    return EARLIEST <= instant <= LATEST and abs(value) < LARGEST


def within(day: date) -> date:
    """Return the day, or the nearest one that a reading can be of.

    For days that bound something: people write 9999-12-31 for a span without an end.
    """
    return min(max(day, FIRST_DAY), LAST_DAY)


def likely_days(year: int, month: int, day: int, today: date) -> list[date]:
    """Return the days up to today that a mistyped year may mean, likeliest first.

    Two digits leave the century out; otherwise digits are in another order (0202 for
    2020), or one of them is missing (202 for 2025).
    """
    found = []
    for meant in dict.fromkeys(_years(year, today.year)):
        try:
            one = date(meant, month, day)
        except ValueError:
            continue
        if FIRST_DAY <= one <= today:
            found.append(one)
    return found[:_SUGGESTED]


def _years(year: int, newest: int) -> list[int]:
    if year < 100:
        return [2000 + year, FIRST_YEAR + year]
    given = str(year)
    turned = {int("".join(one)) for one in permutations(f"{year:04d}")}
    longer = [
        one
        for one in range(newest, FIRST_YEAR - 1, -1)
        if given in {str(one)[:i] + str(one)[i + 1 :] for i in range(4)}
    ]
    return [*sorted(turned, reverse=True), *longer]

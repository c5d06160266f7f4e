"""Public holidays of the house's federal state.

Computed, not asked: no network is needed, and without a state nothing is said.
"""

from datetime import date


def holiday_on(day: date, federal_state: str | None) -> str | None:
    """Return the holiday's German name, "" for an ordinary day; None without a state.

    Blocks when it is first asked: the library takes a while to load.
    """
    if federal_state is None:
        return None
    # Late: nothing on the set-up path may wait for it.
    import holidays

    known = holidays.country_holidays(
        "DE", subdiv=federal_state.upper(), years=day.year, language="de"
    )
    return str(known.get(day, ""))

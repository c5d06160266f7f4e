"""What the journal knows of the house: meters, options, how far sources were read."""

from dataclasses import asdict, dataclass, field
import json

from .definitions import Definition
from .store import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseOptions:
    """What was chosen for the whole house, and the zone its days were cut in."""

    options: Definition = field(default_factory=dict)
    time_zone: str | None = None


def known_house(journal: Journal) -> HouseOptions:
    """Return the options last seen; none where an older version kept the journal."""
    rows = journal.rows("SELECT value FROM meta WHERE key = 'house'")
    if not rows:
        return HouseOptions()
    return HouseOptions(**json.loads(rows[0]["value"]))


def remember_house(journal: Journal, house: HouseOptions) -> None:
    """Keep the options, where they have changed."""
    if known_house(journal) == house:
        return
    journal.run(
        "INSERT INTO meta VALUES ('house', ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [(json.dumps(asdict(house)),)],
    )

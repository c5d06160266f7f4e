"""What the journal knows of the house: meters, options, how far sources were read."""

from dataclasses import asdict, dataclass, field
import json

from ..engine.domain.serialization import Plain
from .store import Journal, micros, seconds

type Definition = dict[str, Plain]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """How far a source has been read, and since when, in epoch s."""

    since: float
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMeter:
    """A meter as last seen; `kept` once the user said to keep a removed one."""

    definition: Definition
    kept: bool


def known_meters(journal: Journal) -> dict[str, KnownMeter]:
    """Return every meter that the journal holds readings or a definition of."""
    return {
        row["meter"]: KnownMeter(
            definition=json.loads(row["definition"]), kept=bool(row["kept"])
        )
        for row in journal.rows("SELECT * FROM meters")
    }


def remember_meters(journal: Journal, definitions: dict[str, Definition]) -> None:
    """Keep the definitions of meters, by key."""
    journal.run(
        "INSERT INTO meters VALUES (?, ?, 0) ON CONFLICT (meter)"
        " DO UPDATE SET definition = excluded.definition, kept = 0",
        [(key, json.dumps(value)) for key, value in definitions.items()],
    )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """Whether the house works by itself, and statistics that are not asked about."""

    automatic: bool
    kept_orphans: tuple[str, ...]


def known_decisions(journal: Journal) -> Decisions | None:
    """Return what the user decided; None where an older version kept the journal."""
    for row in journal.rows("SELECT value FROM meta WHERE key = 'decisions'"):
        content = json.loads(row["value"])
        return Decisions(
            automatic=content["automatic"], kept_orphans=tuple(content["kept_orphans"])
        )
    return None


def remember_decisions(journal: Journal, decisions: Decisions) -> None:
    """Keep what the user decided."""
    journal.run(
        "INSERT INTO meta VALUES ('decisions', ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [(json.dumps(asdict(decisions)),)],
    )


def keep_meter(journal: Journal, meter: str) -> None:
    """Keep a removed meter's readings without asking again."""
    journal.run("UPDATE meters SET kept = 1 WHERE meter = ?", [(meter,)])


def collection(journal: Journal, meter: str, source: str) -> Collection | None:
    """Return how far a source has been read for a meter."""
    rows = journal.rows(
        "SELECT since, until FROM collections WHERE meter = ? AND source = ?",
        (meter, source),
    )
    if not rows:
        return None
    return Collection(since=seconds(rows[0]["since"]), until=seconds(rows[0]["until"]))


def collected(
    journal: Journal, meter: str, source: str, *, now: float, until: float
) -> None:
    """Note that a source has been read up to an instant [s]."""
    journal.run(
        "INSERT INTO collections VALUES (?, ?, ?, ?) ON CONFLICT (meter, source)"
        " DO UPDATE SET until = excluded.until",
        [(meter, source, micros(now), micros(until))],
    )

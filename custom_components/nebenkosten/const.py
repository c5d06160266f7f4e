"""Names that several rooms share."""

from typing import Final

DOMAIN: Final = "nebenkosten"
JOURNAL_FILE: Final = "nebenkosten.db"
FILES_FOLDER: Final = "nebenkosten"

SUBENTRY_PHYSICAL: Final = "physical_meter"

CONF_JOURNAL_ID: Final = "journal_id"
CONF_RUN_TIME: Final = "run_time"
CONF_TEMPERATURE: Final = "temperature"
DEFAULT_RUN_TIME: Final = "03:30:00"

ISSUE_JOURNAL: Final = "journal"
ISSUE_METER_REMOVED: Final = "meter_removed"

SOURCE_HAND: Final = "hand"
SOURCE_IMPORT: Final = "import"

"""Names that several rooms share."""

from typing import Final

DOMAIN: Final = "nebenkosten"
# What a config entry looks like; an older version refuses a newer one.
ENTRY_VERSION: Final = 1
JOURNAL_FILE: Final = "nebenkosten.db"
FILES_FOLDER: Final = "nebenkosten"

SUBENTRY_MASTER: Final = "master_meter"
SUBENTRY_PHYSICAL: Final = "physical_meter"
SUBENTRY_VIRTUAL: Final = "virtual_meter"
SUBENTRY_WATER: Final = "water_temperature"

CONF_ATTEMPTS: Final = "attempts"
CONF_BILLING_YEAR_START: Final = "billing_year_start"
CONF_FEDERAL_STATE: Final = "federal_state"
CONF_GAS: Final = "gas"
CONF_INFLUXDB: Final = "influxdb"
CONF_JOURNAL_ID: Final = "journal_id"
CONF_JOURNAL_REVISION: Final = "journal_revision"
CONF_KEEP_RUNS: Final = "keep_runs"
CONF_PREVIEW: Final = "preview"
CONF_RUN_TIME: Final = "run_time"
CONF_SOURCE: Final = "source"
CONF_TEMPERATURE: Final = "temperature"
CONF_TIBBER: Final = "tibber"
DEFAULT_ATTEMPTS: Final = 3
DEFAULT_KEEP_RUNS: Final = 30
DEFAULT_RUN_TIME: Final = "03:30:00"

EVENT_ANOMALY: Final = f"{DOMAIN}_anomaly"
EVENT_DAILY_SUMMARY: Final = f"{DOMAIN}_daily_summary"
EVENT_PROGRESS: Final = f"{DOMAIN}_run_progress"
EVENT_RUN_FINISHED: Final = f"{DOMAIN}_run_finished"
EVENT_STALE: Final = f"{DOMAIN}_stale"

ISSUE_CLOCK: Final = "clock"
ISSUE_GAS: Final = "gas_factor"
ISSUE_JOURNAL: Final = "journal"
ISSUE_METER_REMOVED: Final = "meter_removed"
ISSUE_NEWER: Final = "house_newer"
ISSUE_LATE_READING: Final = "late_reading"
ISSUE_LEFT: Final = "statistics_left"
ISSUE_ORPHANED: Final = "orphaned_statistics"
ISSUE_ORIGINAL: Final = "influxdb_original"
ISSUE_COLUMN: Final = "influxdb_column"
ISSUE_SHORT: Final = "influxdb_short"
ISSUE_RUN_TIME: Final = "run_time"
ISSUE_WIRING: Final = "energy_wiring"

# How the name of a preview ends, beside what it is the preview of.
PREVIEW: Final = "_preview"

SOURCE_HAND: Final = "hand"
SOURCE_IMPORT: Final = "import"

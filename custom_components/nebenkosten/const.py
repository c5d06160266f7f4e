"""Names that several rooms share."""

from typing import Final

DOMAIN: Final = "nebenkosten"
JOURNAL_FILE: Final = "nebenkosten.db"
FILES_FOLDER: Final = "nebenkosten"

SUBENTRY_MASTER: Final = "master_meter"
SUBENTRY_PHYSICAL: Final = "physical_meter"
SUBENTRY_VIRTUAL: Final = "virtual_meter"
SUBENTRY_WATER: Final = "water_temperature"

CONF_BILLING_YEAR_START: Final = "billing_year_start"
CONF_GAS: Final = "gas"
CONF_INFLUXDB: Final = "influxdb"
CONF_JOURNAL_ID: Final = "journal_id"
CONF_RUN_TIME: Final = "run_time"
CONF_SOURCE: Final = "source"
CONF_TEMPERATURE: Final = "temperature"
CONF_TIBBER: Final = "tibber"
DEFAULT_RUN_TIME: Final = "03:30:00"

EVENT_ANOMALY: Final = f"{DOMAIN}_anomaly"
EVENT_DAILY_SUMMARY: Final = f"{DOMAIN}_daily_summary"
EVENT_RUN_FINISHED: Final = f"{DOMAIN}_run_finished"

ISSUE_JOURNAL: Final = "journal"
ISSUE_METER_REMOVED: Final = "meter_removed"
ISSUE_ORIGINAL: Final = "influxdb_original"
ISSUE_WIRING: Final = "energy_wiring"

SOURCE_HAND: Final = "hand"
SOURCE_IMPORT: Final = "import"

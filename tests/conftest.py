"""What all tests share."""

import logging

# Before the test plugin's own package of this name can take its place.
from custom_components import nebenkosten

INTEGRATION = nebenkosten.__name__

# The plugin lets the database tell every statement, tens of thousands of them.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)

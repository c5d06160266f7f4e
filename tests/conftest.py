"""What all tests share."""

import logging
import os

from hypothesis import HealthCheck, settings

# Before the test plugin's own package of this name can take its place.
from custom_components import nebenkosten

INTEGRATION = nebenkosten.__name__

# The plugin lets the database tell every statement, tens of thousands of them.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)

# How fast a machine is, is no property of ours. CI tries the same examples each time.
settings.register_profile(
    "nebenkosten",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("nebenkosten")

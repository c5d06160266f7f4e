"""What all tests share."""

# Before the test plugin's own package of this name can take its place.
from custom_components import nebenkosten

INTEGRATION = nebenkosten.__name__

"""What all tests share."""

# Before the plugin's own package of this name can take its place.
import custom_components.nebenkosten  # noqa: F401

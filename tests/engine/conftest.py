"""The whole engine is loaded before the first test.

Hypothesis draws from the constants of all modules that are loaded: one that is loaded
in the middle of a test changes what is drawn.
"""

from custom_components.nebenkosten.engine import api

__all__ = ["api"]

"""Codes as sentences in the user's language."""

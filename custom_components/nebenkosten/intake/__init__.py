"""Readings on their way in: as typed, from files, and the desk that judges them."""

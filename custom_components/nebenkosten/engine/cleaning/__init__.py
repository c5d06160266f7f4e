"""Cleaning: from readings as they came in to registers."""

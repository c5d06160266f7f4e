"""Runs: requested, queued, carried out one at a time, kept in a log."""

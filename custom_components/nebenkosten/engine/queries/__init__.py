"""Queries of a finished report: periods, snapshots, explanations, JSON."""

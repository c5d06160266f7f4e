"""Meters, houses, units, days and the report: what every other room speaks of."""

"""Odd days and intervals: baselines, rules, and the events they make."""

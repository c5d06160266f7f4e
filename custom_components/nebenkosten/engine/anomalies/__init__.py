"""Odd days and intervals: baselines, detectors, and the anomalies they make."""

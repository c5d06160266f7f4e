"""The assessments of meters: findings, quality, forecast."""

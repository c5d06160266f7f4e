"""What a person should know of a meter: findings, quality, forecast."""

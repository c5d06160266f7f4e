"""Results on their way out: differences to statistics and InfluxDB."""

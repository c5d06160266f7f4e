"""The InfluxDB client that source and sink share; loaded only where one is used."""

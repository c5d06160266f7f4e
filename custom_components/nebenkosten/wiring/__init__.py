"""Our statistics in Home Assistant's energy dashboard."""

"""Plan and preferences of Home Assistant's energy dashboard."""

"""Today and right now."""

"""How a meter's use follows the season, the weather and the week."""

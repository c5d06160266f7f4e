"""Load models: a meter's use over the season, the weather and the week."""

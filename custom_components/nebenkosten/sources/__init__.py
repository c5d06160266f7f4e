"""Where readings come from; every source ends in the journal."""

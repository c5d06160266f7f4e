"""From registers to use between any two instants, with its provenance."""

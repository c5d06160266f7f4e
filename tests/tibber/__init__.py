"""A stand-in for Tibber, and what it is used for."""

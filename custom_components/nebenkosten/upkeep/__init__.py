"""What keeps a house true: checks, repairs, health."""

"""What operators rely on, row by row."""

"""Servers that may be away, asked with patience."""

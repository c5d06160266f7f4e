"""Entities described by subject."""

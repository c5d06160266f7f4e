"""Repairs by clicking: one flow for each kind of trouble."""

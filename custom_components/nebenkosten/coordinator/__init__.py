"""Drives the one flow: collect, analyse, publish."""

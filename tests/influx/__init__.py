"""Tests of the client of InfluxDB, against real servers and checkers."""

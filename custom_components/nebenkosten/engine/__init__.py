"""The engine: pure functions from readings to consumption.

Nothing here knows Home Assistant, files, clocks or logs. `pipeline.analyse` is the
public face; this package itself is free of numpy so that set-up stays light.
"""

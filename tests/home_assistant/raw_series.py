"""Series of a raw bucket that tests read from."""

from custom_components.nebenkosten.influx.model import RawSeries

STROM = RawSeries("kWh", "sensor", "strom")

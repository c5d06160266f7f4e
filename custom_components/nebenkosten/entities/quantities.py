"""How a quantity of a medium is shown: device class and decimals."""

from homeassistant.components.sensor import SensorDeviceClass

from ..engine.domain import units
from ..engine.domain.meters import AnyMeter, Medium, Meter

_DEVICE_CLASSES = {
    Medium.ELECTRICITY: SensorDeviceClass.ENERGY,
    Medium.HEAT: SensorDeviceClass.ENERGY,
    Medium.WATER: SensorDeviceClass.WATER,
}
_BY_DIMENSION = {
    "energy": SensorDeviceClass.ENERGY,
    "volume": SensorDeviceClass.VOLUME,
}
# A day's use of a flat still shows something; a year's does not need more.
_PRECISION = {"kWh": 1, "Wh": 0, "MWh": 3, "GJ": 3, "m³": 2, "L": 0}


def precision(meter: AnyMeter) -> int:
    """Return how many decimals a meter's values are shown with."""
    if isinstance(meter, Meter) and meter.decimals is not None:
        return meter.decimals
    return _PRECISION.get(meter.unit, 1)


def device_class(meter: AnyMeter) -> SensorDeviceClass | None:
    """Return what kind of quantity a meter counts, None where there is no such kind."""
    dimension = units.dimension(meter.unit)
    if meter.medium is Medium.GAS and dimension == "volume":
        return SensorDeviceClass.GAS
    known = _DEVICE_CLASSES.get(meter.medium)
    return (
        known if dimension is not None and known else _BY_DIMENSION.get(dimension or "")
    )

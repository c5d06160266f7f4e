"""Analyses of meters as they are now, for questions between runs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from homeassistant.helpers.importlib import async_import_module

from ..engine.domain.answers import Node, ReadingInterval, State
from ..engine.domain.meters import AnyMeter, Meter
from ..engine.domain.report import Temperature
from ..journal.acknowledgements import Acknowledgement, acknowledged
from ..journal.records import NewReading
from ..messages.errors import async_in_journal
from . import analyse
from .last_hours import LastHours, last_hours
from .loaded_house import LoadedHouse
from .outdoor_temperature import OutdoorWeather


class Queries:
    """Computes meters for those who ask, and again only when something has changed."""

    def __init__(self, loaded: LoadedHouse, weather: OutdoorWeather) -> None:
        """Know nothing yet."""
        self._hass = loaded.hass
        self._loaded = loaded
        self._weather = weather
        self._known: dict[str, analyse.Analysis] = {}
        self._hours: dict[str, LastHours] = {}

    @property
    def known(self) -> Mapping[str, analyse.Analysis]:
        """Return what was computed last, by meter key."""
        return self._known

    def learn(self, analyses: Mapping[str, analyse.Analysis]) -> None:
        """Keep what a run has computed."""
        self._known.update(analyses)

    def forget(self, keys: Iterable[str]) -> None:
        """Compute these meters anew when they are asked for."""
        for key in keys:
            self._known.pop(key, None)

    async def async_load_engine(self) -> None:
        """Load numpy and the engine outside the event loop, at the first need."""
        await async_import_module(
            self._hass, "custom_components.nebenkosten.engine.api"
        )

    async def async_analyses(self, keys: Sequence[str]) -> list[analyse.Analysis]:
        """Return the meters as they are now, computed anew where something changed."""
        await self.async_load_engine()
        found = await async_in_journal(
            self._hass,
            analyse.analyse,
            await self._async_ground(),
            [self._loaded.meters[key] for key in keys],
            dict(self._known),
        )
        self.learn(found)
        return list(found.values())

    async def _async_ground(self) -> analyse.Ground:
        moment = await self._weather.async_moment()
        return analyse.Ground(self._loaded.journal, self._loaded.house, moment)

    async def async_temperature(self) -> Temperature | None:
        """Return the daily means of the outdoor temperature, as far as known."""
        return (await self._weather.async_moment()).temperature

    async def async_explain(self, meter: AnyMeter, day: date) -> Node:
        """Return where a meter's day comes from."""
        house = self._loaded.house
        keys = [one.key for one in analyse.related(house, [meter])]
        analyses = await self.async_analyses(keys)
        return await async_in_journal(
            self._hass,
            analyse.explained,
            await self._async_ground(),
            {one.report.meter.key: one.report for one in analyses},
            meter,
            day,
        )

    async def async_intervals(
        self, meters: Sequence[Meter]
    ) -> Mapping[Meter, Sequence[ReadingInterval]]:
        """Return what was used between the meters' readings."""
        await self.async_load_engine()
        return await async_in_journal(
            self._hass,
            analyse.intervals,
            await self._async_ground(),
            meters,
        )

    async def async_hours(self, meters: Sequence[Meter]) -> Mapping[str, LastHours]:
        """Return the meters' last hours that are over, by key."""
        await self.async_load_engine()
        found = await async_in_journal(
            self._hass,
            last_hours,
            await self._async_ground(),
            meters,
            dict(self._hours),
        )
        self._hours.update(found)
        return found

    async def async_state(self, meter: Meter, at: float) -> State:
        """Return what a meter's dial showed at an instant [epoch s]."""
        await self.async_load_engine()
        return await async_in_journal(
            self._hass,
            analyse.state,
            await self._async_ground(),
            meter,
            at,
        )

    async def async_acknowledged(
        self, meters: Sequence[AnyMeter]
    ) -> dict[str, list[Acknowledgement]]:
        """Return what somebody knows of the meters' odd days, by key."""
        journal = self._loaded.journal
        return await async_in_journal(
            self._hass,
            lambda: {one.key: acknowledged(journal, one.key) for one in meters},
        )

    async def async_preview(
        self, meter: Meter, new: Sequence[NewReading]
    ) -> analyse.Preview:
        """Return what readings of one meter would bring."""
        await self.async_load_engine()
        return await async_in_journal(
            self._hass,
            analyse.preview,
            await self._async_ground(),
            meter,
            new,
        )

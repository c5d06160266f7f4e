"""No name of a series changes what is asked in Flux: the official parser sees it."""

from hypothesis import given, settings

from custom_components.nebenkosten.influx import flux
from custom_components.nebenkosten.influx.line_protocol import original
from custom_components.nebenkosten.influx.model import Doomed, RawSeries

from .connections import NAMES, ONE_SERVER
from .official_flux import OfficialFlux


def every_query(place: str, series: RawSeries) -> list[str]:
    tags = {"domain": series.domain, "entity_id": series.entity_id}
    wanted = flux.of_series(series)
    span, spans = (1, 10**18 + 5), [(1, 2), (2, 10**18)]
    return [
        flux.found(place, [series.unit, "kWh"]),
        flux.extent(place, wanted, span),
        flux.first(place, wanted, span),
        flux.lasts(place, wanted, spans),
        flux.values(place, wanted, spans),
        flux.reduced(place, wanted, span, 3600),
        flux.points(place, flux.of_meter(series.unit, series.entity_id), spans),
        flux.untagged(place, series.unit),
        flux.values(
            place, flux.of_series(RawSeries(series.unit, "", series.entity_id)), [span]
        ),
        flux.predicate(Doomed(measurement=series.unit, tags=tags, times=(1,))),
    ]


@settings(ONE_SERVER)
@given(NAMES, NAMES, NAMES, NAMES)
def test_the_official_parser_sees_the_same_question(
    official_flux: OfficialFlux, place: str, unit: str, domain: str, entity_id: str
) -> None:
    odd = every_query(place, RawSeries(unit, domain, entity_id))
    plain = every_query("PLACE", RawSeries("UNIT", "DOMAIN", "NAME"))
    for one, other in zip(odd[:-1], plain[:-1], strict=True):
        asked, usual = official_flux.check(one), official_flux.check(other)
        assert usual.valid, other
        assert asked.valid, one
        assert asked.shape() == usual.shape()
        names = {"PLACE": place, "UNIT": unit, "DOMAIN": domain, "NAME": entity_id}
        wanted = [names.get(text, text) for text in usual.texts()]
        assert [original(text) for text in asked.texts()] == wanted

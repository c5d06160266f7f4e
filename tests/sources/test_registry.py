"""What the registry says of each kind of source."""

import json
from pathlib import Path

import pytest

from custom_components.nebenkosten.engine.domain.meters import SourceRef
from custom_components.nebenkosten.engine.domain.serialization import Plain
from custom_components.nebenkosten.sources import registry
from custom_components.nebenkosten.sources.descriptor import Cadence

TRANSLATIONS = Path(registry.__file__).parent.parent / "translations"


@pytest.mark.parametrize(
    ("kind", "reference", "dense", "entity_id"),
    [
        ("entity", "sensor.gas", True, "sensor.gas"),
        ("entity", "input_number.gas", False, "input_number.gas"),
        ("statistic", "opower:gas", True, None),
        ("influxdb", "m³:sensor.gas", True, None),
        ("influxdb", "m³:input_number.gas", False, None),
        ("tibber", "home/consumption", True, None),
    ],
)
def test_what_reports_by_itself_and_which_entity_shows_it(
    kind: str, reference: str, dense: bool, entity_id: str | None
) -> None:
    source = SourceRef(kind=kind, reference=reference)
    assert registry.is_dense(source) is dense
    assert registry.entity_of(source) == entity_id


def test_each_dense_source_is_read_at_one_cadence() -> None:
    references = {
        "entity": "sensor.gas",
        "statistic": "opower:gas",
        "influxdb": "m³:sensor.gas",
        "tibber": "home/consumption",
    }
    assert references.keys() == registry.SOURCES.keys()
    for kind, reference in references.items():
        source = SourceRef(kind=kind, reference=reference)
        read_at = [one for one in Cadence if registry.is_read(source, one)]
        announced = kind == "tibber"
        assert read_at == [Cadence.ANNOUNCED if announced else Cadence.HOURLY]
        assert registry.is_passed_on(source) is announced


def test_typed_in_by_hand_nothing_is_read_by_the_hour() -> None:
    helper = SourceRef(kind="entity", reference="input_number.gas")
    assert not any(registry.is_read(helper, one) for one in Cadence)


def test_a_meter_with_a_source_of_an_unknown_kind_is_none() -> None:
    data: dict[str, Plain] = {
        "meter_id": "a",
        "medium": "gas",
        "unit": "m³",
        "sources": [{"kind": "magic", "reference": "x"}],
    }
    with pytest.raises(ValueError, match="magic"):
        registry.described_meter("A", data)


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_column_of_the_form_has_a_name(language: str) -> None:
    texts = json.loads((TRANSLATIONS / f"{language}.json").read_text(encoding="utf-8"))
    named = texts["selector"]["source"]["fields"]
    columns = [one.column for one in registry.SOURCES.values()]
    assert named.keys() == {*columns, "from", "to"}
    assert len(set(columns)) == len(columns)

"""Tibber's public schema accepts every document that we send."""

from graphql import parse, validate
import pytest

from custom_components.nebenkosten.sources.tibber_api import HOMES, HOURS

from .stand_in import SCHEMA


@pytest.mark.parametrize("document", [HOMES, *HOURS.values()])
def test_a_document_fits_the_schema(document: str) -> None:
    assert not validate(SCHEMA, parse(document))


def test_the_schema_would_notice() -> None:
    assert validate(SCHEMA, parse(HOMES.replace("appNickname", "nickname")))

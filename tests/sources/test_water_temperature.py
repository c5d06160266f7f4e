"""Pages in many forms say what they say; none of them, however broken, is a crash."""

from datetime import UTC, datetime
from random import Random

import pytest

from custom_components.nebenkosten.sources.water_temperature import WaterError, parse

from .water_pages import PAGES

PIECES = (
    "<table>",
    "</table>",
    "<tr>",
    "<td>",
    "</td>",
    "<th",
    "<!--",
    "-->",
    "<![CDATA[",
    "<!DOCTYPE",
    "<!",
    "]]>",
    "&#",
    "&nbsp",
    "<script>",
    "</script",
    "\0",
    "🚰",
    "99999999999999",
    "31.12.9999 23:59",
    "00.00.0000 00:00",
    "-",
    ",",
    "<?php",
    "<!ELEMENT[",
)


@pytest.mark.parametrize("form", PAGES)
def test_a_form_of_the_page(form: str) -> None:
    html, expected = PAGES[form]
    found = [(datetime.fromtimestamp(r.instant, UTC), r.value) for r in parse(html)]
    assert found == expected


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("", "no table"),
        ("<p>Wartung</p>", "no table"),
        ("<table></table>", "no table"),
        (
            "<table><tr><th>Pegel</th><th>cm</th></tr><tr><td>1</td><td>2</td></tr></table>",
            "1 × table, 2 × row: Pegel | cm",
        ),
    ],
)
def test_a_page_that_changed_says_what_was_expected_and_found(
    html: str, found: str
) -> None:
    with pytest.raises(WaterError) as error:
        parse(html)
    assert error.value.key == "page"
    assert error.value.placeholders is not None
    assert error.value.placeholders["found"] == found
    assert "temperature" in error.value.placeholders["expected"]


def test_ten_thousand_mutated_pages() -> None:
    dice = Random(7)
    pages = [html for html, _ in PAGES.values()]
    understood = 0
    for _ in range(10_000):
        html = dice.choice(pages)
        for _ in range(dice.randrange(1, 8)):
            at = dice.randrange(len(html) + 1)
            to = min(len(html), at + dice.choice((0, 0, 1, 3, 40, 400)))
            piece = dice.choice(
                (*PIECES, chr(dice.randrange(0x2FFF)), html[at : at + 50])
            )
            html = html[:at] + piece + html[to:]
        try:
            rows = parse(html)
        except WaterError:
            continue
        understood += 1
        assert [r.instant for r in rows] == sorted({r.instant for r in rows})
        assert all(-5 <= row.value <= 45 for row in rows)
    assert understood > 3000

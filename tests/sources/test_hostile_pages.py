"""Pages that were made to cost time cost no more than their length."""

from collections.abc import Callable
from contextlib import suppress
import time

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.nebenkosten.sources.water_temperature import WaterError, parse

HEAD = "<table><tr><td>"
# What parsers of pages are slow with, each repeated as often as it fits.
PIECES = (
    *(
        "<",
        "<<a",
        "<!--",
        "<a ",
        "<td>x",
        "</",
        "<!",
        "<?",
        "&",
        "&#",
        "&#9",
        "'",
        '="',
    ),
    *("<table><tr><td>", "<script>", "</script", "<td ", "\t", "01.01.2026 ", "-"),
    *("<![CDATA[", "<td>01.01.2026<td>", "1", "<tr>", "<style", "&amp", "<a b='"),
)


def understood(html: str) -> None:
    with suppress(WaterError):
        parse(html)


def seconds(work: Callable[[], None]) -> float:
    """Return the least of three: what else the machine does only adds to it."""
    found = []
    for _ in range(3):
        began = time.thread_time()
        work()
        found.append(time.thread_time() - began)
    return min(found)


@pytest.mark.parametrize("piece", PIECES)
def test_twice_the_page_takes_about_twice_as_long(piece: str) -> None:
    """Eight times as much takes 64 times as long where each is held against each."""
    small = HEAD + piece * (20_000 // len(piece))
    large = HEAD + piece * (160_000 // len(piece))
    base = max(seconds(lambda: understood(small)), 0.002)
    assert seconds(lambda: understood(large)) < 25 * base


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(st.sampled_from(PIECES), st.integers(1, 5_000)),
        min_size=1,
        max_size=8,
    )
)
def test_any_mixture_ends(mixture: list[tuple[str, int]]) -> None:
    html = HEAD + "".join(piece * times for piece, times in mixture)
    took = seconds(lambda: understood(html[:300_000]))
    plain = seconds(lambda: understood(HEAD + "<td>x" * 60_000))
    assert took < 25 * max(plain, 0.01)


@pytest.mark.parametrize("digits", [10, 5_000])
def test_a_reference_of_many_digits(digits: int) -> None:
    understood(f"{HEAD}&#{'9' * digits};</table>")


def test_what_is_commented_out_is_no_table() -> None:
    row = "<table><tr><td>10.01.2026 12:00</td><td>{}</td></tr></table>"
    html = f"<!--{row.format('9,9')}--><script>{row.format('8,8')}</script>"
    assert [one.value for one in parse(html + row.format("4,4"))] == [4.4]

"""Windows of time: whatever a server refuses, all comes once and in order."""

from hypothesis import given, strategies as st
import pytest

from custom_components.nebenkosten.influx.windows import FilesError, Windows

STEP = 10
HOURS = 400


class Layout:
    """Files by the step in which they begin; a question touches at most `limit`."""

    def __init__(self, files: dict[int, int], limit: int) -> None:
        self.files = files
        self.limit = limit
        self.moods: list[bool] = []
        self.asked: list[tuple[int, int]] = []
        self.refused = 0

    def ask(self, start: int, end: int) -> list[int]:
        """Return the instants of a range, one each; raises FilesError."""
        first, last = start // STEP, (end - 1) // STEP
        touched = sum(n for at, n in self.files.items() if first <= at <= last)
        # A table may grow at any time: what was answered once is refused now.
        moody = end - start > STEP and bool(self.moods) and self.moods.pop()
        if touched > self.limit or moody:
            self.refused += 1
            raise FilesError("refused")
        self.asked.append((start, end))
        return list(range(start, end))


LIMITS = st.integers(1, 12)
LAYOUTS = LIMITS.flatmap(
    lambda limit: st.builds(
        Layout,
        st.dictionaries(
            st.integers(0, HOURS // STEP), st.integers(1, limit), max_size=40
        ),
        st.just(limit),
    )
)
SPANS = st.tuples(st.integers(0, HOURS), st.integers(0, HOURS))


@given(
    LAYOUTS,
    st.lists(st.tuples(SPANS, st.booleans()), min_size=1, max_size=4),
    st.lists(st.booleans(), max_size=30),
)
def test_all_comes_once_and_in_order(
    layout: Layout, questions: list[tuple[tuple[int, int], bool]], moods: list[bool]
) -> None:
    windows = Windows()
    layout.moods = moods
    for (start, end), backward in questions:
        walk = windows.backward if backward else windows.forward
        layout.asked.clear()
        answers = list(walk(start, end, STEP, layout.ask))
        if backward:
            answers.reverse()
        found = [instant for answer in answers for instant in answer]
        assert found == list(range(start, end))
        inner = {edge for span in layout.asked for edge in span} - {start, end}
        assert all(edge % STEP == 0 for edge in inner)
    assert layout.refused <= 2 * len(layout.files) * len(questions) + 64


@pytest.mark.parametrize("backward", [False, True])
def test_a_window_of_one_step_that_is_refused(backward: bool) -> None:
    layout, windows = Layout({3: 5}, 4), Windows()
    walk = windows.backward if backward else windows.forward
    with pytest.raises(FilesError):
        list(walk(0, HOURS, STEP, layout.ask))
    # The next question begins anew, and with what it can have.
    assert list(windows.forward(0, 2 * STEP, STEP, layout.ask))


@pytest.mark.parametrize("backward", [False, True])
def test_windows_widen_where_little_lies(backward: bool) -> None:
    """Ten dense steps at one end; the rest is empty."""
    end = 10 * HOURS
    dense = range(end // STEP - 10, end // STEP) if backward else range(10)
    layout, windows = Layout(dict.fromkeys(dense, 4), 4), Windows()
    walk = windows.backward if backward else windows.forward
    for _ in walk(0, end, STEP, layout.ask):
        pass
    widths = [until - since for since, until in layout.asked]
    assert widths[0] == STEP
    assert max(widths) > 30 * STEP
    assert len(layout.asked) + layout.refused < 60

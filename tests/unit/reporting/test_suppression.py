"""What is hidden cannot be reckoned back from what is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain.suppression import hide_small, hide_small_in, sum_of
from shared.contracts.recipients import FEWEST


@given(st.lists(st.integers(0, 20), max_size=12))
def test_no_small_count_is_shown_and_none_is_alone_against_its_total(counts: list[int]) -> None:
    cells, total = hide_small(counts)
    hidden = [count for count, cell in zip(counts, cells, strict=True) if cell is None]
    assert all(cell in (None, count) for count, cell in zip(counts, cells, strict=True))
    assert not any(cell is not None and 0 < cell < FEWEST for cell in (*cells, total))
    assert len(hidden) != 1 or total is None
    assert not hidden or any(0 < count < FEWEST for count in hidden)


def test_the_second_that_is_hidden_is_the_smallest_that_was_shown() -> None:
    assert hide_small([9, 0, 3, 7]) == ([9, 0, None, None], 19)
    assert hide_small([0, 3]) == ([0, None], None)
    assert hide_small([1, 2, 30]) == ([None, None, 30], 33)


@given(st.lists(st.lists(st.integers(0, 20), max_size=6), max_size=6))
def test_a_hidden_total_is_not_alone_against_the_total_of_all(groups: list[list[int]]) -> None:
    shown = hide_small_in(groups)
    for counts, (cells, total) in zip(groups, shown, strict=True):
        assert not any(cell is not None and 0 < cell < FEWEST for cell in (*cells, total))
        assert all(cell in (None, count) for count, cell in zip(counts, cells, strict=True))
        assert total is None or cells.count(None) != 1
        assert total is not None or None in cells
    closed = [sum(counts) for counts, group in zip(groups, shown, strict=True) if group.total is None]
    assert len(closed) != 1 or sum(map(sum, groups)) < FEWEST


def test_a_sum_with_a_hidden_cell_is_hidden() -> None:
    assert (sum_of([9, 0, 7]), sum_of([9, None]), sum_of([])) == (16, None, 0)

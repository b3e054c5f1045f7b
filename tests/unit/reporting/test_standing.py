"""How many more must buy to pass the next unit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain.standing import Standing, buyers_to_rise

STANDINGS = st.builds(
    lambda headcount, share: Standing(min(share, headcount), headcount), st.integers(1, 200), st.integers(0, 200)
)


@given(STANDINGS, st.lists(STANDINGS, max_size=12))
def test_so_many_pass_or_draw_level_and_one_fewer_does_not(mine: Standing, others: list[Standing]) -> None:
    more = buyers_to_rise(mine, others)
    better = [other for other in others if mine.is_below(other)]
    assert (more is None) == (not better)
    if more:
        risen = Standing(mine.buyers + more, mine.headcount)
        assert risen.buyers <= risen.headcount
        passed = [other for other in better if other.is_below(risen)]
        assert passed or risen.buyers == risen.headcount
        almost = Standing(risen.buyers - 1, mine.headcount)
        assert not any(other.is_below(almost) for other in better)


def test_a_unit_without_asn_has_no_way_up() -> None:
    assert buyers_to_rise(Standing(0, 0), [Standing(1, 2)]) is None

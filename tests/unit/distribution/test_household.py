"""Aid from elsewhere lowers a household's need, and never ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.distribution.domain.household import AID, GROUPS, Aid, Household, coverage, helped, need

NOW = datetime(2021, 7, 22, 3, tzinfo=UTC)


def household(*aid: Aid, **more: object) -> Household:
    fields: dict[str, object] = {"met": {}, "packets": 0, "has_open": False, **more}
    groups = frozenset({"infant"})
    until = NOW + timedelta(days=8)
    return Household(UUID(int=1), "32.76.06.1001", 3, 4, groups, frozenset(), NOW, until, other_aid=aid, **fields)  # type: ignore[arg-type]


def test_a_parcel_of_today_meets_three_days_of_food_and_a_door_with_aid_comes_after_one_without() -> None:
    given_today = household(Aid("parcel", NOW))
    assert dict(helped(given_today, NOW).met) == {"food": 4 * 3 * 3, "protein": 4 * 3 * 2}
    assert not given_today.has_nothing
    assert household().has_nothing
    assert not household(packets=1).has_nothing


def test_what_was_eaten_lowers_nothing_and_what_comes_later_counts_once() -> None:
    assert dict(helped(household(Aid("parcel", NOW - timedelta(days=3))), NOW).met) == {"food": 0, "protein": 0}
    assert dict(helped(household(Aid("meals", NOW - timedelta(days=1))), NOW).met)["food"] == 4 * 2 * 3
    assert dict(helped(household(Aid("cash", NOW + timedelta(days=1))), NOW).met) == {"food": 4 * 3 * 3}


AIDS = st.builds(
    Aid, st.sampled_from(sorted(AID)), st.integers(-99, 99).map(lambda hours: NOW + timedelta(hours=hours))
)


@given(st.lists(AIDS, max_size=20), st.dictionaries(st.sampled_from(GROUPS), st.integers(0, 50)))
def test_aid_never_lowers_what_is_met_and_never_meets_more_than_half_of_the_need(
    aid: list[Aid], met: dict[str, int]
) -> None:
    before = household(*aid, met=met)
    after, needed = helped(before, NOW), need(before, NOW)
    for group in GROUPS:
        added = after.met.get(group, 0) - met.get(group, 0)
        assert 0 <= added <= needed[group] // 2
    assert coverage(needed, after.met) >= coverage(needed, met)
    if not met:
        assert coverage(needed, after.met) <= 0.5

"""Scopes and buckets: what a principal may tell of, and how much in a minute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.access.bucket import Bucket
from shared.access.model import EVERYTHING, Scope
from shared.access.tokens import hash_of, new_token


@pytest.mark.parametrize(
    ("patterns", "source", "is_inside"),
    [
        (("/pos/a",), "/pos/a", True),
        (("/pos/a",), "/pos/ab", False),
        (("/pos/a*",), "/pos/ab", True),
        (("/pos/a/*",), "/pos/a", False),
        (("/x", "/pos/a"), "/pos/a", True),
        (("*",), "", True),
        ((), "/pos/a", False),
    ],
)
def test_a_pattern_is_an_exact_name_or_a_beginning(patterns: tuple[str, ...], source: str, is_inside: bool) -> None:
    assert Scope(patterns, ()).has_source(source) is is_inside
    assert Scope((), patterns).has_unit(source) is is_inside


def test_only_one_exact_source_needs_not_be_told() -> None:
    assert Scope(("/pos/a",), ("*",)).only_source == "/pos/a"
    assert Scope(("/pos/a*",), ("*",)).only_source == ""
    assert Scope(("/pos/a", "/pos/b"), ("*",)).only_source == ""


def test_every_reason_is_told_and_a_unit_without_form_is_not_judged() -> None:
    scope = Scope(("/pos/a",), ("32.76.06*",))
    assert [(r.code, r.path) for r in scope.outside("/pos/b", "32.76.07")] == [
        ("SOURCE_NOT_YOURS", "source"),
        ("UNIT_NOT_YOURS", "unit_code"),
    ]
    assert scope.outside("/pos/a", None) == []
    assert EVERYTHING.outside("anything", "32.76.07") == []


def test_a_bucket_says_when_to_come_back_and_then_gives() -> None:
    bucket = Bucket(60, now=0.0)
    assert [bucket.take(1, 0.0) for _ in range(60)] == [0.0] * 60
    assert bucket.take(5, 0.0) == pytest.approx(5.0)  # one a second
    assert bucket.take(5, 4.9) == pytest.approx(0.1)
    assert bucket.take(5, 5.0) == 0.0


def test_what_is_larger_than_a_bucket_is_given_once_it_is_full_and_owed_afterwards() -> None:
    bucket = Bucket(10, now=0.0)
    assert bucket.take(25, 0.0) == 0.0
    assert bucket.take(1, 0.0) == pytest.approx(96.0)  # 16 tokens at one in six seconds


def test_what_is_spent_is_told_as_the_time_until_nothing_is_owed() -> None:
    bucket = Bucket(60, now=0.0)
    assert bucket.spend(60, 0.0) == 0.0
    assert bucket.spend(30, 0.0) == pytest.approx(30.0)
    assert bucket.spend(1, 31.0) == 0.0


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0, 30)), max_size=60), st.integers(50, 600))
def test_no_more_is_taken_than_a_bucket_and_what_flowed_in(asked: list[tuple[int, float]], rate: int) -> None:
    bucket, now, taken = Bucket(rate, now=0.0), 0.0, 0
    for count, pause in asked:
        now += pause
        if bucket.take(count, now) == 0.0:
            taken += count
    assert taken <= rate + rate * now / 60 + 1e-6


def test_a_token_is_new_each_time_and_its_hash_does_not_hold_it() -> None:
    one, two = new_token(), new_token()
    assert one != two
    assert len(hash_of(one)) == 32
    assert hash_of(one) != hash_of(two)

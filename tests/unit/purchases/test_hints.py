"""Hints are kind: a valid purchase stays valid, and its teller learns what could be better."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.purchases.domain.hints import distance, hints
from shared.contracts.submissions import PurchaseSubmission
from shared.reference.load import load
from tests.support.publish import purchase

ISOMAN = load("3276").programmes["isoman"]
BOTH = ["ASNDepokPeduli", "BeliProdukUMKMDepok"]


def found(*posts: dict[str, Any]) -> list[tuple[str, str]]:
    told = PurchaseSubmission.model_validate(purchase(posts=list(posts)))
    return [(hint.code, hint.path) for hint in hints(told.posts, ISOMAN)]


def post(*tags: str, url: str = "https://www.instagram.com/p/abc") -> dict[str, Any]:
    return {"url": url, "hashtags": list(tags)}


@pytest.mark.parametrize("tags", [BOTH, ["#asndepokpeduli", "#BELIPRODUKUMKMDEPOK"], ["ＡＳＮDepokPeduli", BOTH[1]]])
def test_both_hashtags_are_enough_in_any_spelling_that_is_the_same(tags: list[str]) -> None:
    assert found(post(*tags)) == []


@pytest.mark.parametrize(
    "near", ["BeliProdukUMKM", "#BeliProdukUMKMDepk", "BeliProduk_UMKMDepok", "beliprodukumkmdepoks"]
)
def test_a_near_spelling_is_pointed_out(near: str) -> None:
    assert found(post("ASNDepokPeduli", near)) == [("NEAR_HASHTAG", "posts.0.hashtags")]


def test_a_missing_one_is_named_as_the_city_writes_it() -> None:
    told = PurchaseSubmission.model_validate(purchase(posts=[post("Depok", "asndepokpeduli")]))
    assert [hint.message for hint in hints(told.posts, ISOMAN)] == [
        "Tagar #BeliProdukUMKMDepok belum ada di unggahan ini."
    ]


def test_one_post_with_both_is_enough() -> None:
    assert found(post("ASNDepokPeduli"), post(*BOTH)) == []
    assert found(post(BOTH[0]), post(BOTH[1])) == [("MISSING_HASHTAG", "posts.0.hashtags")]


def test_no_post_at_all_is_a_hint_not_a_refusal() -> None:
    assert found() == [("NO_POST", "posts")]


@pytest.mark.parametrize(
    ("url", "is_private"),
    [
        ("https://www.instagram.com/stories/dkum/1", True),
        ("https://wa.me/6281", True),
        ("http://localhost/p/1", True),
        ("https://intranet/p/1", True),
        ("https://www.instagram.com/p/stories", False),
        ("https://twitter.com/dkum/status/1418", False),
    ],
)
def test_a_link_that_only_its_owner_can_open_is_pointed_out(url: str, is_private: bool) -> None:
    assert found(post(*BOTH, url=url)) == ([("PRIVATE_LINK", "posts.0.url")] if is_private else [])


@given(st.text("ab", max_size=6), st.text("ab", max_size=6), st.text("ab", max_size=6))
def test_the_distance_is_a_distance(one: str, other: str, third: str) -> None:
    assert (distance(one, other) == 0) == (one == other)
    assert distance(one, other) == distance(other, one)
    assert distance(one, third) <= distance(one, other) + distance(other, third)
    assert abs(len(one) - len(other)) <= distance(one, other) <= max(len(one), len(other))

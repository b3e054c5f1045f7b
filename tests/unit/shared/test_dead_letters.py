"""The key of a dead letter is read from what the broker, or a publisher, wrote down."""

from __future__ import annotations

import pytest

from shared.messaging.dead_letters import first_key

DEATH = {"queue": "purchases.intake", "routing-keys": ["3276.purchase.submitted.v1"]}


def test_the_first_death_tells_the_key() -> None:
    later = {"queue": "other", "routing-keys": ["purchases.intake"]}
    assert first_key({"x-death": [later, DEATH]}) == "3276.purchase.submitted.v1"


@pytest.mark.parametrize("told", [None, "x", 7, [], ["x"], [7], [{}], [{"routing-keys": []}], {"routing-keys": ["x"]}])
def test_a_header_that_cannot_be_read_tells_none(told: object) -> None:
    assert first_key({"x-death": told}) == ""

"""A sealed box opens only for its key and its owner."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag

from shared import privacy


def test_a_box_opens_for_its_key_and_owner_only() -> None:
    box = privacy.seal(b"key", b"Ibu", bound_to="h1")
    assert b"Ibu" not in box
    assert privacy.unseal(b"key", box, bound_to="h1") == b"Ibu"
    for key, owner in ((b"other", "h1"), (b"key", "h2")):
        with pytest.raises(InvalidTag):
            privacy.unseal(key, box, bound_to=owner)


def test_a_keyed_hash_depends_on_key_and_value() -> None:
    assert privacy.keyed_hash(b"k", "a") == privacy.keyed_hash(b"k", "a")
    assert len({privacy.keyed_hash(b"k", "a"), privacy.keyed_hash(b"k", "b"), privacy.keyed_hash(b"l", "a")}) == 3

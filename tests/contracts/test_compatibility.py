"""What was published stays, and a younger minor of a message never hurts who knows an older one."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.compatibility import breaks
from shared.contracts.corpus import CONTRACTS, SCHEMAS, examples, schema_path
from shared.contracts.published import digest_of, hindrances, published
from shared.contracts.registry import ALL, TOLD

PUBLISHED = published()


def minors(kind: str) -> list[tuple[int, Path]]:
    """The schemas of a message within its major, oldest first."""
    name, _, major = kind.rpartition(".v")
    return sorted((int(path.stem.partition(".")[2]), path) for path in (SCHEMAS / name).glob(f"{major}.*.json"))


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: str(path.relative_to(CONTRACTS)))
def test_what_was_published_is_as_it_was(path: Path) -> None:
    assert digest_of(path) == PUBLISHED[path], "published: restore it, and let the model's MINOR count one more"


@pytest.mark.parametrize("kind", sorted(ALL))
def test_every_minor_accepts_what_the_one_before_accepts(kind: str) -> None:
    found = minors(kind)
    assert [minor for minor, _ in found] == list(range(len(found)))
    assert found[-1][1] == schema_path(kind)
    for (_, older), (_, younger) in pairwise(found):
        assert older in PUBLISHED
        assert breaks(read(older), read(younger), is_told=kind in TOLD) == []


def test_http_doors_take_their_callers_of_the_last_publish_and_the_changelog_names_what_is_new() -> None:
    assert hindrances() == []


def test_every_schema_and_example_belongs_to_a_message_of_today() -> None:
    majors = {(path.parent.name, path.stem.partition(".")[0]) for path in SCHEMAS.glob("*/*.json")}
    majors |= {(one.path.parent.name, one.version.partition(".")[0]) for one in examples()}
    assert {f"{name}.v{major}" for name, major in majors} == set(ALL)

"""The committed contracts are those of the code, and every example ever published is still read by it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from shared.contracts.generate import SCHEMAS, path_of, schema, text_of
from shared.contracts.registry import ALL, TOLD

EXAMPLES = sorted((SCHEMAS.parent / "examples").glob("*/*.json"))
PERSONAL = ("nip", "nik", "name", "phone", "address", "url", "people")


def kind_of(example: Path) -> str:
    return f"{example.parent.name}.v{example.name.split('.')[0]}"


@pytest.mark.parametrize("kind", sorted(ALL))
def test_the_committed_schema_is_that_of_the_code(kind: str) -> None:
    assert path_of(kind).read_text(encoding="utf-8") == text_of(kind), "run `make contracts`"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_an_example_is_read_and_fits_its_schema(example: Path) -> None:
    body = json.loads(example.read_text(encoding="utf-8"))
    ALL[kind_of(example)].model_validate(body)
    jsonschema.validate(body, schema(kind_of(example)))


def test_every_message_has_an_example() -> None:
    assert {kind_of(example) for example in EXAMPLES} == set(ALL)


@pytest.mark.parametrize("kind", sorted(TOLD))
def test_no_event_has_a_field_for_personal_data(kind: str) -> None:
    told = schema(kind)
    parts = {name: part for name, part in told.get("$defs", {}).items() if name != "NewProduct"}
    for part in [told, *parts.values()]:
        assert not set(part["properties"]) & set(PERSONAL)

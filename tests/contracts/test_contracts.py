"""The committed contracts are those of the code, and every example ever published is still read by it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from openapi_spec_validator import validate

from peduli import openapi
from shared.contracts.corpus import CONTRACTS, Example, examples
from shared.contracts.generate import files
from shared.contracts.registry import ALL, TOLD
from shared.contracts.schema import schema_of

CORPUS = list(examples())
OPENAPI = openapi.files()
GENERATED = files() | OPENAPI
PERSONAL = ("nip", "nik", "name", "phone", "address", "url", "people")


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: str(path.relative_to(CONTRACTS)))
def test_the_committed_file_is_that_of_the_code(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == GENERATED[path], "run `make contracts`"


@pytest.mark.parametrize("path", OPENAPI, ids=lambda path: path.stem)
def test_the_http_doors_are_described_in_valid_openapi(path: Path) -> None:
    validate(json.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("example", [one for one in CORPUS if not one.effect], ids=lambda one: one.name)
def test_an_example_is_read_and_fits_its_schema(example: Example) -> None:
    ALL[example.kind].model_validate(example.body)
    jsonschema.validate(example.body, schema_of(example.kind))


def test_every_message_has_an_example() -> None:
    assert {example.kind for example in CORPUS if not example.effect} == set(ALL)


@pytest.mark.parametrize("kind", sorted(TOLD))
def test_no_event_has_a_field_for_personal_data(kind: str) -> None:
    told = schema_of(kind)
    parts = {name: part for name, part in told.get("$defs", {}).items() if name != "NewProduct"}
    for part in [told, *parts.values()]:
        assert not set(part["properties"]) & set(PERSONAL)

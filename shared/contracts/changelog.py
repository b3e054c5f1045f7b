"""What changed since the last `make publish` must stand in `contracts/CHANGELOG.md`, under `## Unreleased`, by name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.contracts import http
from shared.contracts.corpus import CONTRACTS, SCHEMAS
from shared.contracts.schema import expanded

CHANGELOG = CONTRACTS / "CHANGELOG.md"
OPENAPI = CONTRACTS / "openapi"
PUBLISHED_DOORS = OPENAPI / "published"  # each document as it was at the last publish


def unreleased() -> str:
    """The part of the changelog that tells of what is not published yet."""
    return CHANGELOG.read_text(encoding="utf-8").partition("\n## Unreleased\n")[2].partition("\n## ")[0]


def unnamed(text: str, schemas: set[Path]) -> list[str]:
    """What `text` does not name in backticks: versions and fields of these new schemas, and changed HTTP operations."""
    found = []
    for path in sorted(schemas):
        name, version = path.parent.name, path.stem
        if not re.search(rf"`{re.escape(name)}` \**{re.escape(version)}\b", text):
            found.append(f"`{name}` **{version}**")
        words = {word for quoted in re.findall(r"`([^`]+)`", text) for word in quoted.split(".")}
        found += [f"`{field}` of {name} {version}" for field in sorted(_new_fields(path) - words)]
    return found + [f"`{operation}`" for operation in _new_operations() if f"`{operation}`" not in text]


def doors() -> Iterator[tuple[http.Document, http.Document]]:
    """Each service's OpenAPI document as it was published and as it is; one that is new was published empty."""
    for path in sorted(OPENAPI.glob("*.json")):
        before = PUBLISHED_DOORS / path.name
        yield _read(before) if before.exists() else {"paths": {}}, _read(path)


def _new_operations() -> list[str]:
    return [operation for before, now in doors() for operation in http.changed(before, now)]


def _new_fields(path: Path) -> set[str]:
    """Names of fields that the minor before has nowhere; of a first version its name says enough."""
    major, _, minor = path.stem.partition(".")
    if minor == "0":
        return set()
    return _fields(_read(path)) - _fields(_read(SCHEMAS / path.parent.name / f"{major}.{int(minor) - 1}.json"))


def _fields(schema: Any) -> set[str]:
    """Every field's name, however deep it lies."""
    node = expanded(schema) if isinstance(schema, dict) else schema
    if isinstance(node, list):
        return {name for item in node for name in _fields(item)}
    if not isinstance(node, dict):
        return set()
    return set(node.get("properties", ())) | {name for value in node.values() for name in _fields(value)}


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))

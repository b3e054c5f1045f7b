"""JSON Schema 2020-12 of messages, and of models that an OpenAPI document shows in place."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from shared.contracts.registry import ALL, INBOUND

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DEFS = "#/$defs/"


def schema_of(kind: str) -> dict[str, Any]:
    """The schema of a message's data: of what is read, or of what is told."""
    model = ALL[kind]
    found = model.model_json_schema(mode="validation" if kind in INBOUND else "serialization")
    return {"$schema": DIALECT, "title": kind, **found}


def inlined(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a model with each part where it is named."""
    return expanded(model.model_json_schema())


def expanded(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without `$defs`: each part stands where it is named. No model of ours names itself."""
    parts = schema.get("$defs", {})

    def expand(node: Any) -> Any:
        if isinstance(node, list):
            return [expand(item) for item in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            return expand(parts[node["$ref"].removeprefix(_DEFS)])
        return {name: expand(value) for name, value in node.items() if name != "$defs"}

    found: dict[str, Any] = expand(schema)
    return found

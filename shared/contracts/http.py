"""The gate between two OpenAPI documents of one door: whoever calls it as before must notice nothing.

Within `/v1` a door grows by operations, optional parameters and fields; anything else is a new path beside the old one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from shared.contracts.compatibility import narrows, surprises
from shared.contracts.schema import expanded

Document = dict[str, Any]
Operation = dict[str, Any]
METHODS = ("get", "put", "post", "delete", "patch")
_WORDS = {"title", "description", "summary", "operationId", "examples", "tags"}
ANYTHING: dict[str, Any] = {}


def operations(document: Document) -> dict[str, Operation]:
    """Every `METHOD /path` with its schemas in place, and without the words that explain it."""
    plain = json.loads(json.dumps(document).replace("#/components/schemas/", "#/$defs/"))
    parts = plain.get("components", {}).get("schemas", {})
    return {
        f"{method.upper()} {path}": _without_words(expanded({**item[method], "$defs": parts}))
        for path, item in plain["paths"].items()
        for method in METHODS
        if method in item
    }


def changed(old: Document, new: Document) -> list[str]:
    """The operations that are new, or are not what they were."""
    before = operations(old)
    return sorted(name for name, operation in operations(new).items() if before.get(name) != operation)


def breaks(old: Document, new: Document) -> list[str]:
    """Everything in `new` that a caller of `old` would notice, as `METHOD /path: what: why`."""
    after = operations(new)
    return sorted(
        f"{name}: {why}"
        for name, operation in operations(old).items()
        for why in (_of_operation(operation, after[name]) if name in after else ["is gone"])
    )


def _of_operation(old: Operation, new: Operation) -> Iterator[str]:
    yield from _of_parameters(_parameters(old), _parameters(new))
    yield from _of_body(old.get("requestBody"), new.get("requestBody"))
    for status, answer in old["responses"].items():
        if status not in new["responses"]:
            yield f"answer {status}: is gone"
            continue
        yield from _of_media(f"answer {status}", answer, new["responses"][status], surprises)


def _parameters(operation: Operation) -> dict[str, Any]:
    return {f"{item['in']} {item['name']}": item for item in operation.get("parameters", ())}


def _of_parameters(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for name, item in new.items():
        if item.get("required") and not old.get(name, {}).get("required"):
            yield f"{name}: is required"
    for name, item in old.items():
        if name not in new:
            yield f"{name}: is gone"
        else:
            yield from (f"{name}{why}" for why in narrows(_schema(item), _schema(new[name])))


def _of_body(old: Any, new: Any) -> Iterator[str]:
    if new and new.get("required") and not (old and old.get("required")):
        yield "body: is required"
    if old:
        yield from _of_media("body", old, new or {}, narrows)


def _of_media(name: str, old: Any, new: Any, judge: Any) -> Iterator[str]:
    """The content types of a body or an answer, each with its schema."""
    offered = new.get("content", {})
    for media, item in old.get("content", {}).items():
        if media not in offered:
            yield f"{name} {media}: is gone"
        else:
            yield from (f"{name}{why}" for why in judge(_schema(item), _schema(offered[media])))


def _schema(item: Any) -> dict[str, Any]:
    return dict(item.get("schema", ANYTHING))


def _without_words(node: Any, *, of_fields: bool = False) -> Any:
    """Without what only explains; a field that is called like such a word stays."""
    if isinstance(node, list):
        return [_without_words(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        name: _without_words(value, of_fields=name == "properties")
        for name, value in node.items()
        if of_fields or name not in _WORDS
    }

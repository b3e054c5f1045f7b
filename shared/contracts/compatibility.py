"""The gate between two minors of one major: what may change in a JSON Schema without hurting anybody.

Sound and on the safe side: what it cannot judge (another pattern, say) must be equal. It knows the keywords that our
models make.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

from shared.contracts.schema import expanded

Schema = dict[str, Any]
_BOUNDS = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems"), operator.ge),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems"), operator.le),
}
_SHAPE = {"type", "enum", "const", "anyOf", "oneOf", "items", "properties", "required", "additionalProperties"}
_WORDS = {"title", "description", "examples", "default", "discriminator", "$schema"}


def breaks(old: Schema, new: Schema, *, is_told: bool) -> list[str]:
    """Everything in `new` that is more than a new optional field, as `path: why`; empty when it is a minor.

    `new` must accept whatever `old` accepts. Of what we tell (`is_told`), readers of `old` must also understand
    whatever `new` allows, fields that they do not know left aside.
    """
    found = narrows(old, new)
    if is_told:
        found += [
            f"{text} (to readers of the old one)"
            for text in _refusals(expanded(new), expanded(old), "", is_lenient=True)
        ]
    return sorted(set(found))


def narrows(old: Schema, new: Schema) -> list[str]:
    """Where `new` refuses what `old` accepts, or gives it another meaning."""
    old, new = expanded(old), expanded(new)
    return sorted({*_refusals(old, new, ""), *_changes(old, new, "")})


def surprises(old: Schema, new: Schema) -> list[str]:
    """Where readers of `old` would not understand what `new` allows, or miss a field."""
    old, new = expanded(old), expanded(new)
    return sorted({*_refusals(new, old, "", is_lenient=True), *_changes(old, new, "")})


def _refusals(said: Schema, read: Schema, path: str, *, is_lenient: bool = False) -> Iterator[str]:
    """Where `read` may refuse what `said` accepts; a lenient reader takes no offence at fields it does not know."""
    for one in _branches(said):
        tries = [list(_of_branch(one, other, path, is_lenient)) for other in _branches(read)]
        yield from min(tries, key=len)


def _of_branch(said: Schema, read: Schema, path: str, is_lenient: bool) -> Iterator[str]:
    here, kind = path or ".", said.get("type")
    if "type" in read and read["type"] != kind and (kind, read["type"]) != ("integer", "number"):
        yield f"{here}: type {kind} is not {read['type']}"
        return
    allowed, given = _values(read), _values(said)
    if allowed is not None and (given is None or any(value not in allowed for value in given)):
        yield f"{here}: a value is not allowed"
    for name, is_within in _BOUNDS.items():
        if name in read and not (name in said and is_within(said[name], read[name])):
            yield f"{here}: {name} is {read[name]}, not {said.get(name)}"
    for name in sorted(set(read) - set(_BOUNDS) - _SHAPE - _WORDS):
        if said.get(name) != read[name]:
            yield f"{here}: {name} differs"
    if "items" in read:
        yield from _refusals(said.get("items", {}), read["items"], f"{path}[]", is_lenient=is_lenient)
    yield from _of_fields(said, read, path, is_lenient)


def _of_fields(said: Schema, read: Schema, path: str, is_lenient: bool) -> Iterator[str]:
    for name in sorted(set(read.get("required", ())) - set(said.get("required", ()))):
        yield f"{path}.{name}: is required"
    if read.get("additionalProperties") is False and said.get("additionalProperties") is not False and not is_lenient:
        yield f"{path or '.'}: unknown fields are refused"
    known = read.get("properties", {})
    for name, field in said.get("properties", {}).items():
        if name in known:
            yield from _refusals(field, known[name], f"{path}.{name}", is_lenient=is_lenient)


def _changes(old: Schema, new: Schema, path: str) -> Iterator[str]:
    """Fields that are gone, and defaults that mean something else now."""
    for one, other in zip(_branches(old), _branches(new), strict=False):
        known = other.get("properties", {})
        for name, field in one.get("properties", {}).items():
            if name not in known:
                yield f"{path}.{name}: is gone"
                continue
            if "default" in field and field["default"] != known[name].get("default"):
                yield f"{path}.{name}: the default changed"
            yield from _changes(field, known[name], f"{path}.{name}")
        if "items" in one:
            yield from _changes(one["items"], other.get("items", {}), f"{path}[]")


def _branches(schema: Schema) -> list[Schema]:
    """The alternatives of a schema, each without unions."""
    union = schema.get("anyOf", schema.get("oneOf"))
    return [schema] if union is None else [branch for option in union for branch in _branches(option)]


def _values(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")

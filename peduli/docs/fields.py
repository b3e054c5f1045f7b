"""A JSON Schema as rows for people: one field each, with its path, form and rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shared.contracts.schema import expanded

Schema = dict[str, Any]
FORMS = {
    "string": "teks",
    "integer": "bilangan bulat",
    "number": "bilangan",
    "boolean": "ya/tidak",
    "object": "objek",
    "array": "daftar",
    "null": "null",
}
RULES = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "minimal {} karakter",
    "maxLength": "maksimal {} karakter",
    "minItems": "minimal {} isi",
    "maxItems": "maksimal {} isi",
    "pattern": "pola {}",
    "format": "{}",
}


@dataclass(frozen=True)
class Row:
    """One field of a message; `path` has `[]` behind a list."""

    path: str
    form: str
    is_required: bool
    rules: str
    description: str


def rows(schema: Schema) -> list[Row]:
    """All fields of a message, in the order of the schema, parts behind their whole."""
    return list(_rows(expanded(schema), ""))


def _rows(schema: Schema, prefix: str) -> Iterator[Row]:
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        options = _options(field)
        path = f"{prefix}{name}"
        form = " atau ".join(dict.fromkeys(_form(option) for option in options))
        rules = "; ".join(rule for option in options for rule in _rules(option))
        if field.get("default") not in (None, "", []):
            rules = "; ".join(filter(None, [rules, f"bila kosong: {field['default']}"]))
        yield Row(path, form, name in required, rules, field.get("description", ""))
        for option in options:
            inner = option.get("items", option)
            for part in _options(inner):
                yield from _rows(part, f"{path}{'[]' if 'items' in option else ''}.")


def _options(field: Schema) -> list[Schema]:
    return field.get("anyOf") or field.get("oneOf") or [field]


def _form(option: Schema) -> str:
    if "items" in option:
        return f"daftar {_form(option['items'])}"
    return FORMS.get(option.get("type", ""), "nilai tetap")


def _rules(option: Schema) -> Iterator[str]:
    if "enum" in option or "const" in option:
        yield " | ".join(str(value) for value in option.get("enum", [option.get("const")]))
    for name, text in RULES.items():
        if name in option:
            yield text.format(option[name])
    if "items" in option:
        yield from (f"isi: {rule}" for rule in _rules(option["items"]))

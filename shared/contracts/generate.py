"""Writes the JSON Schemas of every message: `python -m shared.contracts.generate`. A test compares them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.contracts.registry import ALL, INBOUND

SCHEMAS = Path(__file__).parent.parent.parent / "contracts" / "schemas"
MINOR = "0"


def schema(kind: str) -> dict[str, Any]:
    """JSON Schema 2020-12 of a message's data."""
    model = ALL[kind]
    found = model.model_json_schema(mode="validation" if kind in INBOUND else "serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind, **found}


def path_of(kind: str) -> Path:
    """`schemas/<event>/<major>.<minor>.json`."""
    name, _, major = kind.rpartition(".v")
    return SCHEMAS / name / f"{major}.{MINOR}.json"


def text_of(kind: str) -> str:
    """The file's text, stable from run to run."""
    return json.dumps(schema(kind), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Write all of them."""
    for kind in ALL:
        path_of(kind).parent.mkdir(parents=True, exist_ok=True)
        path_of(kind).write_text(text_of(kind), encoding="utf-8")


if __name__ == "__main__":
    main()

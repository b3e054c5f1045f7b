"""Writes what is generated of the contract: `make contracts`. A test compares every file with the code.

Schemas of older minors are never written again: they are what was published (`contracts/schemas`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shared.contracts.asyncapi import text as asyncapi_text
from shared.contracts.corpus import CONTRACTS, schema_path
from shared.contracts.registry import ALL
from shared.contracts.schema import schema_of


def as_json(value: Any) -> str:
    """JSON text that is the same from run to run."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def files() -> dict[Path, str]:
    """Every generated file with its text."""
    schemas = {schema_path(kind): as_json(schema_of(kind)) for kind in ALL}
    return {**schemas, CONTRACTS / "asyncapi.yaml": asyncapi_text()}


def main() -> None:
    """Write all of them."""
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

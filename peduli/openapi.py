"""Writes `contracts/openapi/<service>.json` from the HTTP doors: part of `make contracts`. A test compares them."""

from __future__ import annotations

import importlib
from pathlib import Path

from pydantic import SecretStr

from peduli.processes import SERVICES
from shared.contracts.corpus import CONTRACTS
from shared.contracts.generate import as_json
from shared.service import describe
from shared.settings import Settings


def files() -> dict[Path, str]:
    """Each document with its text."""
    settings = Settings(hash_key=SecretStr("unused"), seal_key=SecretStr("unused"))  # a description opens nothing
    doors = {name: importlib.import_module(f"services.{name}.app").service(settings) for name in SERVICES}
    return {CONTRACTS / "openapi" / f"{name}.json": as_json(describe(door)) for name, door in doors.items()}


def main() -> None:
    """Write all of them."""
    for path, text in files().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

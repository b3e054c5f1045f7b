"""The committed contract in the folder `contracts/`: where each schema lies, and the examples ever published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.contracts.registry import ALL

CONTRACTS = Path(__file__).parent.parent.parent / "contracts"
SCHEMAS = CONTRACTS / "schemas"
EXAMPLES = CONTRACTS / "examples"


@dataclass(frozen=True)
class Example:
    """A body ever published. `effect` is what it must do; empty means what its type says (a submission is recorded)."""

    kind: str
    path: Path
    version: str
    title: str
    effect: str
    body: Any

    @property
    def name(self) -> str:
        """`purchase.submitted/1.0-plain`: what it is called in a list."""
        return f"{self.path.parent.name}/{self.path.stem}"


def schema_path(kind: str) -> Path:
    """`schemas/<event>/<major>.<minor>.json`, as the model of `kind` declares its minor."""
    name, _, major = kind.rpartition(".v")
    return SCHEMAS / name / f"{major}.{ALL[kind].MINOR}.json"


def examples() -> Iterator[Example]:
    """Every example, by message and name: `<event>/<major>.<minor>-<title>[.<effect>].json`."""
    for path in sorted(EXAMPLES.glob("*/*.json")):
        version, _, rest = path.stem.partition("-")
        title, _, effect = rest.partition(".")
        kind = f"{path.parent.name}.v{version.partition('.')[0]}"
        yield Example(kind, path, version, title, effect, json.loads(path.read_text(encoding="utf-8")))

"""`contracts/asyncapi.yaml` is an AsyncAPI document by the judgement of the official parser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

from shared.contracts.corpus import CONTRACTS
from shared.contracts.registry import ALL
from tests.support.tools import JS

DOCUMENT = CONTRACTS / "asyncapi.yaml"


def parse(document: Path) -> list[dict[str, Any]]:
    """What the parser says of it: findings with a `severity`, and the document's `version` and `messages`."""
    done = subprocess.run(
        ["node", "validate.mjs", str(document)], cwd=JS, capture_output=True, text=True, check=True, timeout=120
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_official_parser_finds_nothing_wrong(node_modules: Path) -> None:
    assert parse(DOCUMENT) == [{"version": "3.1.0", "messages": list(ALL)}]


def test_the_parser_follows_every_reference(node_modules: Path) -> None:
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    document["components"]["messages"]["purchase.submitted.v1"]["payload"] = {"$ref": "./schemas/nowhere.json"}
    broken = CONTRACTS / "asyncapi.broken.yaml"  # beside the schemas, which it names
    broken.write_text(yaml.safe_dump(document), encoding="utf-8")
    try:
        found = parse(broken)
    finally:
        broken.unlink()
    assert any(finding.get("severity") == 0 for finding in found)

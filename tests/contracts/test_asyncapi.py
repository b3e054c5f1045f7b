"""`contracts/asyncapi.yaml` is an AsyncAPI document by the judgement of the official parser."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from shared.contracts.asyncapi import document
from shared.contracts.corpus import CONTRACTS, schema_path
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


def test_every_message_belongs_to_an_operation_of_a_service() -> None:
    operations = document()["operations"].values()
    named = {message["$ref"].rpartition("/")[2] for operation in operations for message in operation["messages"]}
    assert named == set(ALL)


def test_the_parser_follows_every_reference(node_modules: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(CONTRACTS, tmp_path / "contracts"))
    (copy / "schemas" / "purchase.submitted" / schema_path("purchase.submitted.v1").name).unlink()
    assert any(finding.get("severity") == 0 for finding in parse(copy / DOCUMENT.name))

"""`contracts/asyncapi.yaml` is an AsyncAPI document by the judgement of the official parser."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.asyncapi import document
from shared.contracts.corpus import CONTRACTS, schema_path
from shared.contracts.registry import ALL
from tests.support.tools import JS

DOCUMENT = CONTRACTS / "asyncapi.yaml"


@pytest.fixture(scope="module")
def judged(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> list[list[dict[str, Any]]]:
    """What the parser says of the document, and of one with a file missing: findings with a `severity`, and last the

    document's `version` and `messages`. Both at once, because to start the parser takes longer than to be judged.
    """
    copy = Path(shutil.copytree(CONTRACTS, tmp_path_factory.mktemp("asyncapi") / "contracts"))
    (copy / "schemas" / "purchase.submitted" / schema_path("purchase.submitted.v1").name).unlink()
    command = ["node", "validate.mjs", str(DOCUMENT), str(copy / DOCUMENT.name)]
    done = subprocess.run(command, cwd=JS, capture_output=True, text=True, check=True, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_official_parser_finds_nothing_wrong(judged: list[list[dict[str, Any]]]) -> None:
    assert judged[0] == [{"version": "3.1.0", "messages": list(ALL)}]


def test_every_message_belongs_to_an_operation_of_a_service() -> None:
    operations = document()["operations"].values()
    named = {message["$ref"].rpartition("/")[2] for operation in operations for message in operation["messages"]}
    assert named == set(ALL)


def test_the_parser_follows_every_reference(judged: list[list[dict[str, Any]]]) -> None:
    assert any(finding.get("severity") == 0 for finding in judged[1])

"""The rules of the house about words: every setting, metric and command says what it is."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from peduli.__main__ import SCHEMAS, app
from shared.observability import metrics
from shared.settings import Operations, Settings
from tests.support.repository import committed, text_of


def commands(group: Any, name: str = "peduli") -> Iterator[tuple[str, Any]]:
    """Every command with the words that call it."""
    yield name, group
    for word, child in getattr(group, "commands", {}).items():
        yield from commands(child, f"{name} {word}")


COMMANDS = dict(commands(typer.main.get_command(app)))


def test_every_setting_tells_its_meaning() -> None:
    fields = Settings.model_fields | Operations.model_fields
    assert [name for name, field in fields.items() if not field.description] == []


def test_every_metric_tells_its_meaning_and_is_ours() -> None:
    ours = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    assert ours
    assert [metric for metric in ours if not metric._documentation or not metric._name.startswith("peduli_")] == []


def test_no_metric_is_declared_elsewhere() -> None:
    for name in SCHEMAS:
        importlib.import_module(f"services.{name}.app")  # which imports all of it, and so all that could declare one
    declared = {value._name for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)}
    known = {family.name for family in REGISTRY.collect() if family.name.startswith("peduli_")}
    assert known == declared


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_argument_and_option_has_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    silent = [parameter.name for parameter in command.params if not getattr(parameter, "help", None)]
    assert silent == []


def told_in(page: Path, program: str) -> list[str]:
    """What a page says after `program` in its code: indented, fenced or in backticks."""
    text = text_of(page)
    fenced = "".join(re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE))
    code = fenced + "\n".join(re.findall(r"^ {4,}(.+)$", text, re.MULTILINE) + re.findall(r"`([^`\n]+)`", text))
    lines = re.findall(rf"^ *(?:\.venv/bin/python -m )?{program} (.+)$", code, re.MULTILINE)
    return [line.split("#")[0].strip() for line in lines]


@pytest.mark.parametrize("page", committed(".md"), ids=str)
def test_a_command_that_a_page_names_exists(page: Path) -> None:
    for told in told_in(page, "peduli"):
        words = shlex.split(told)
        name = max((n for n in COMMANDS if f"peduli {told} ".startswith(f"{n} ")), key=len)
        known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
        assert name != "peduli", f"there is no `peduli {told}`"
        assert [word for word in words if word.startswith("--") and word not in known] == []


@pytest.mark.parametrize("page", committed(".md"), ids=str)
def test_a_make_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(Path("Makefile")), re.MULTILINE))
    named = {word for told in told_in(page, "make") for word in told.split() if word.isalpha() and word.islower()}
    assert named <= targets

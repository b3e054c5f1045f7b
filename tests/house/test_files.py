"""The rules of the house about files: their size, their names, what they may mention, where their links lead."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.repository import ROOT, committed, text_of

FILE_LINES, FUNCTION_LINES = 400, 50
MADE_BY_PROGRAMS = (".lock", ".csv", ".json", "asyncapi.yaml", "cli.md", "tables.md", "LICENSE")
SHOWN_FILE = re.compile(r"<!-- file: \S+ -->\n+```.*?```\n", re.DOTALL)  # counted where it lies, not on the page too
NAMELESS = {"utils", "helpers", "common", "base", "models"}  # names that say nothing, so everything ends up there
OF_A_MACHINE = [f"/{name}" + "/" for name in ("work", "root", "home", "Users")] + [".lib" + "rary"]
INDEX_HOSTS = [f"{host}.org" for host in ("pypi", "pythonhosted", "deb.debian", "registry.npmjs")]
OF_THE_SERVICES = ("services", "shared")
NAMELESS_LINE = re.compile(r"\b(?:log\.(?:debug|info|warning|error|critical)|correlate)\((?!\s*\"[a-z_]+\"|event[,:])")
ENVIRONMENT = re.compile(r"\bos\.(?:environ|getenv)\b")
SHARED_BESIDE_US = re.compile(r"(?<![\w./])\.\./shar" + r"ed\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function with its lines, without the functions in it: a router is as long as its wiring."""
    for node in ast.walk(ast.parse(text_of(path))):
        if isinstance(node, Function):
            inner = [child for child in ast.walk(node) if child is not node and isinstance(child, Function)]
            nested = {line for child in inner for line in range(child.lineno, (child.end_lineno or 0) + 1)}
            yield node.name, len(set(range(node.lineno, (node.end_lineno or 0) + 1)) - nested)


def test_no_file_is_longer_than_a_person_reads_at_once() -> None:
    long = {
        str(path): lines
        for path in committed()
        if not path.name.endswith(MADE_BY_PROGRAMS)
        and (lines := len(SHOWN_FILE.sub("", text_of(path)).splitlines())) > FILE_LINES
    }
    assert long == {}


def test_every_function_fits_a_screen() -> None:
    found = [(str(path), name, lines) for path in committed(".py") for name, lines in functions(path)]
    assert [entry for entry in found if entry[2] > FUNCTION_LINES] == []


def test_every_package_is_marked_by_an_empty_file() -> None:
    marks = {path.parent: path for path in committed("__init__.py")}
    assert [str(path) for path in marks.values() if text_of(path)] == []
    packages = {path.parent for path in committed(".py") if path.parts[0] in ("peduli", "services", "shared")}
    assert [str(package) for package in packages if package not in marks] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [str(path) for path in committed() if path.stem in NAMELESS or path.parent.name in NAMELESS] == []


def test_nothing_names_a_path_of_one_machine() -> None:
    found = [
        (str(path), word)
        for path in committed()
        for word in OF_A_MACHINE
        if re.search(rf"(?<![\w.$}}]){re.escape(word)}", text_of(path))
    ]
    assert found == []


def test_only_tests_of_data_look_beside_the_repository() -> None:
    found = [str(path) for path in committed() if SHARED_BESIDE_US.search(text_of(path))]
    assert [path for path in found if not path.startswith("tests/data/")] == []


@pytest.mark.parametrize("page", committed(".md"), ids=str)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    prose = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose) if "://" not in link]
    missing = [link for link in links if not (ROOT / page.parent / link).exists()]
    assert missing == []


def test_nothing_names_a_host_of_packages() -> None:
    assert [(str(path), host) for path in committed() for host in INDEX_HOSTS if host in text_of(path)] == []


def test_no_lock_names_where_packages_came_from() -> None:
    assert [str(path) for path in committed(".lock") if "://" in text_of(path) or "\n--" in text_of(path)] == []


@pytest.mark.parametrize("forbidden", [NAMELESS_LINE, ENVIRONMENT], ids=["nameless line of a log", "environment"])
def test_services_give_lines_constant_names_and_read_the_environment_through_settings(
    forbidden: re.Pattern[str],
) -> None:
    ours = [path for path in committed(".py") if path.parts[0] in OF_THE_SERVICES]
    assert [str(path) for path in ours if forbidden.search(text_of(path))] == []

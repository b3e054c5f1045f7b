"""docs/quickstart.md and docs/publish.md, typed as they stand into a copy of this repository."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping
from datetime import date
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from services.purchases.usecases.judging import purchase_id
from services.purchases.usecases.pledges import pledge_id
from tests.support.eventually import eventually
from tests.support.leftovers import left
from tests.support.repository import ROOT, committed

QUICKSTART = {"PURCHASE_ID": str(purchase_id("3276", "/pos/koperasi-contoh", "KOP-2021-000131"))}
PUBLISH = {
    "PURCHASE_ID": str(purchase_id("3276", "/pos/koperasi-depok", "KOP-2021-000201")),
    "PLEDGE_ID": str(pledge_id("3276", "32.76.DKUM", "isoman", date(2021, 7, 26))),
}
BLOCK = re.compile(r"(<!-- file: \S+ -->\n+)?^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
STAYS_OPEN = "make dev\n"


def environment() -> dict[str, str]:
    """A newcomer's: without settings of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PEDULI_")}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files of this repository as they are now, with what was installed into .venv.

    What is compiled comes along: else every process that starts side by side would compile the same files anew.
    """
    for path in committed():
        compiled = Path(cache_from_source(str(path)))
        for one in (path, compiled) if (ROOT / compiled).exists() else (path,):
            (tmp_path / one).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / one, tmp_path / one)
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


@pytest.fixture
async def first_terminal(clone: Path) -> AsyncIterator[Path]:
    """The terminal that stays open; Ctrl-C ends it, and everything in it."""
    screen = clone / "first-terminal"
    with screen.open("wb") as output:
        process = await asyncio.create_subprocess_shell(
            STAYS_OPEN, cwd=clone, env=environment(), stdout=output, stderr=output, start_new_session=True
        )

    async def seen() -> str:
        return screen.read_text() + ("" if process.returncode is None else "it ended")

    text = await eventually(seen, lambda text: "Ctrl-C" in text or "it ended" in text, seconds=300)
    assert "it ended" not in text, text
    yield clone
    os.killpg(process.pid, signal.SIGINT)
    await process.wait()
    await eventually(seen, lambda text: "Semuanya sudah berhenti" in text)
    assert left(clone) == []


def typed(command: str, before: str, folder: Path) -> str:
    """What a command of the page prints in the second terminal; it must end well."""
    script = f"set -euo pipefail\n{before}{command}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


async def follow(page: str, ids: Mapping[str, str], folder: Path) -> str:
    """Type all commands of a page, but not the programs that it shows; returns what the last one printed."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for word, identity in ids.items():
        text = text.replace(word, identity)
    before, said = "", ""
    blocks = [(language, block) for shown, language, block in BLOCK.findall(text) if not shown]
    assert ("sh", STAYS_OPEN) in blocks
    for language, block in blocks:
        if language == "json":
            assert json.loads(said) == json.loads(block)
        elif language != "text" and block != STAYS_OPEN:  # a text is what a program of the page prints
            said = await asyncio.to_thread(typed, block, before, folder)
            before += block if block.startswith(". ") else ""
    return said


async def test_every_command_of_the_first_pages_does_what_they_say(first_terminal: Path) -> None:
    said = await follow("quickstart.md", QUICKSTART, first_terminal)
    assert "KOP-2021-000133" not in said
    assert "something-parked" in said
    [answer] = json.loads(await follow("publish.md", PUBLISH, first_terminal))
    assert (answer["kind"], answer["outcome"]) == ("pledged", "recorded")

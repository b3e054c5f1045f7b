"""docs/quickstart.md, typed as it stands into a copy of this repository."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.purchases.usecases.judging import purchase_id
from tests.support.eventually import eventually
from tests.support.repository import ROOT, committed

PURCHASE = str(purchase_id("3276", "/pos/koperasi-contoh", "KOP-2021-000131"))
PAGE = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8").replace("PURCHASE_ID", PURCHASE)
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
STAYS_OPEN = "make dev\n"


def environment() -> dict[str, str]:
    """A newcomer's: without settings of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PEDULI_")}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files of this repository as they are now, with what was installed into .venv."""
    for path in committed():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, tmp_path / path)
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

    text = await eventually(seen, lambda text: "Ctrl-C" in text or "it ended" in text, seconds=90)
    assert "it ended" not in text, text
    yield clone
    os.killpg(process.pid, signal.SIGINT)
    await process.wait()
    await eventually(seen, lambda text: "Semuanya sudah berhenti" in text)


def typed(command: str, before: str, folder: Path) -> str:
    """What a command of the page prints in the second terminal; it must end well."""
    script = f"set -euo pipefail\n{before}{command}"
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


async def test_every_command_of_the_quickstart_does_what_the_page_says(first_terminal: Path) -> None:
    before, said = "", ""
    assert ("sh", STAYS_OPEN) in BLOCKS
    for language, text in BLOCKS:
        if language == "json":
            assert json.loads(said) == json.loads(text)
        elif text != STAYS_OPEN:
            said = await asyncio.to_thread(typed, text, before, first_terminal)
            before += text if text.startswith(". ") else ""
    assert "KOP-2021-000133" not in said
    assert "something-parked" in said

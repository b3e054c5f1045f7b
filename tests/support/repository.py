"""The files of this repository, as git knows them (and those that are new)."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@cache
def committed(suffix: str = "") -> list[Path]:
    """Every file that is or would be committed, with this ending; paths are relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return sorted(Path(name) for name in set(listed) if name.endswith(suffix) and (ROOT / name).is_file())


def text_of(path: Path) -> str:
    """The text of a committed file; what is not UTF-8 has no text."""
    return (ROOT / path).read_bytes().decode(errors="ignore")

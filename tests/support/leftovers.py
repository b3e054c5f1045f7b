"""What was started for a folder, and is not gone."""

from __future__ import annotations

from pathlib import Path

import psutil

from peduli.servers.containers import LABEL, docker


def left(folder: Path) -> list[str]:
    """What still runs with `folder` on its command line, in its environment, or as its label."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ", "status"]):
        said = [*(process.info["cmdline"] or []), *(process.info["environ"] or {}).values()]
        if process.info["status"] != psutil.STATUS_ZOMBIE and any(str(folder) in word for word in said):
            found.append(f"{process.pid} {' '.join(process.info['cmdline'] or [])[:80]}")
    listed = docker("ps", "--all", "--format", f'{{{{.Names}}}} {{{{.Label "{LABEL}"}}}}').stdout
    return found + [line for line in listed.splitlines() if str(folder) in line]

"""`peduli doctor`: what is missing on this machine, and how to get it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from peduli import servers

FREE_GB = 1


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `advice` is what to do when it is not there."""

    name: str
    is_ok: bool
    advice: str


def check() -> list[Finding]:
    """Look at all that Peduli needs; changes nothing."""
    return [
        Finding("Python 3.11 or newer", sys.version_info >= (3, 11), "sudo apt-get install python3 python3-venv"),
        Finding("RabbitMQ", servers.find_rabbitmq() is not None, "sudo apt-get install rabbitmq-server"),
        Finding("Postgres", servers.find_postgres() is not None, "sudo apt-get install postgresql"),
        Finding(
            "1 GB of free disk", shutil.disk_usage(Path.cwd()).free > FREE_GB * 10**9, "make clean, or free some space"
        ),
    ]

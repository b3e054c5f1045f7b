"""`peduli dev`: servers and services without a story, until Ctrl-C."""

from __future__ import annotations

import signal
from pathlib import Path

from rich.console import Console

from peduli import display
from peduli.staging import ending_quietly, stage

FOLDER = Path(".peduli") / "dev"


def run() -> int:
    """Start everything, say where it is, and wait."""
    console = Console()
    with ending_quietly(console), stage(FOLDER, console.print) as scene:
        display.show_addresses(scene.addresses, FOLDER, "alarms", console)
        signal.pause()
    return 0

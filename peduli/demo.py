"""`peduli demo`: the whole journey on real servers, shown as it goes, with the reckoning at its end."""

from __future__ import annotations

import contextlib
import json
import signal
from pathlib import Path

from rich.console import Console

from peduli import display, story
from peduli.playing import play
from peduli.staging import TENANT, ending_quietly, stage
from shared.clock import now
from shared.reference.load import load

FOLDER = Path(".peduli") / "demo"
INTERRUPTED = 130  # what a shell says of a program that Ctrl-C has ended


def run(*, wait: bool, as_json: bool) -> int:
    """Play it; 0 only when the accounting holds. Ctrl-C, or the end without `wait`, stops everything."""
    console = Console(stderr=as_json)
    code = INTERRUPTED
    with ending_quietly(console), contextlib.ExitStack() as stack:
        with display.Board(console) as board:
            scene = stack.enter_context(stage(FOLDER, board.step, is_unused=True))
            reference = load(TENANT)
            result = play(scene, story.tell(reference, now()), reference, board)
            result["seconds"] = round(board.seconds, 1)
        code = 0 if result["holds"] else 1
        if as_json:
            print(json.dumps(result, indent=2, default=str), flush=True)
        else:
            display.show_ending(result, console)
        if wait:
            display.show_addresses(scene.addresses, FOLDER, f"trace {result['packet_id']}", console)
            signal.pause()
    return code

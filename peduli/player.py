"""Who plays the demo: people outside, who know the doors of the services and nothing else."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import httpx

from peduli.display import Board
from peduli.staging import Stage
from peduli.story import SOURCE, Story, write
from shared.errors import PeduliError

EXAMPLES = Path(__file__).parent.parent / "examples"
PUBLISHER = EXAMPLES / "publishers" / "python" / "publish_events.py"
SETTLE_SECONDS = 60.0
LOOK_SECONDS = 0.2
T = TypeVar("T")


class DemoError(PeduliError):
    """The story did not come out as reckoned."""


@dataclass
class Player:
    """One playing of a story: the stage, the client of its doors, and the board that people watch."""

    scene: Stage
    story: Story
    client: httpx.Client
    overview: Callable[[], dict[str, int]]
    board: Board

    def get(self, service: str, path: str) -> Any:
        """What a service's door answers."""
        answer = self.client.get(f"{self.scene.urls[service]}{path}")
        answer.raise_for_status()
        return answer.json()

    def look(self) -> dict[str, int]:
        """The city as reporting sees it now; the board shows it."""
        seen = self.overview()
        self.board.show(seen)
        return seen

    def until(self, find: Callable[[dict[str, int]], T | None], what: str) -> T:
        """Look until something is found, and return it; raises `DemoError` when nothing ever is."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while not (found := find(self.look())):
            if time.monotonic() > deadline:
                logs = f"the logs are in {self.scene.folder / 'logs'}"
                raise DemoError(f"after {SETTLE_SECONDS:.0f} s it is still not so that {what}", hint=logs)
            time.sleep(LOOK_SECONDS)
        return found

    def goods(self, identity: str) -> dict[str, Any]:
        """The lots and packets of a receipt of the story, or of a household's id; none when it brought nothing."""
        if identity in self.story.standing:
            identity = self.get("purchases", f"/v1/submissions{SOURCE}/{identity}")[-1]["purchase_id"]
        answer = self.client.get(f"{self.scene.urls['distribution']}/v1/trace/{identity}")
        return dict(answer.json()) if answer.status_code == HTTPStatus.OK else {"lots": [], "packets": []}

    def register(self, household: dict[str, Any]) -> str:
        """Report a household, or its end, as a puskesmas does; returns its opaque id."""
        url = f"{self.scene.urls['distribution']}/v1/households"
        answer = self.client.post(url, json=household, headers={"Peduli-Source": "/puskesmas/demo"})
        return str(answer.raise_for_status().json()["household_id"])

    def publish(self, events: Sequence[dict[str, Any]]) -> None:
        """Let the example publisher send events, and wait until ledger and tally have the goods of the story."""
        path = self.scene.folder / "events.jsonl"
        write(events, path)
        subprocess.run([sys.executable, str(PUBLISHER), self.scene.amqp_url, str(path)], check=True, timeout=60)
        pieces, purchases = self.story.pieces, self.story.purchases
        self.until(
            lambda seen: (
                seen["pieces"] == pieces
                and seen["purchases"] == purchases
                and self.get("distribution", "/v1/accounting")["bought"] == pieces
            ),
            "the goods of all purchases are in the ledger and in the tally",
        )

"""Plays the story on a stage: households, publisher and field team come from outside, as in life."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from peduli import reckoning, trace
from peduli.display import Board
from peduli.servers import children
from peduli.staging import Stage
from peduli.story import SOURCE, Story
from services.distribution.cli.ledger import breaches
from services.reporting.cli import differences, overview, top_units
from shared.errors import PeduliError
from shared.reference.model import Reference

EXAMPLES = Path(__file__).parent.parent / "examples"
PUBLISHER = EXAMPLES / "publishers" / "python" / "publish_events.py"
TEAM = EXAMPLES / "field" / "python" / "team.py"
SETTLE_SECONDS = 60.0
LOOK_SECONDS = 0.2
RIDE_SECONDS = 0.3  # a ride of the demo: long enough to be watched


class DemoError(PeduliError):
    """The story did not come out as reckoned."""


@dataclass
class Player:
    """One playing of a story: the stage, the client of its doors, and the board that people watch."""

    scene: Stage
    story: Story
    client: httpx.Client
    board: Board

    def get(self, service: str, path: str) -> Any:
        """What a service's door answers."""
        answer = self.client.get(f"{self.scene.urls[service]}{path}")
        answer.raise_for_status()
        return answer.json()

    def look(self) -> dict[str, int]:
        """The city as reporting sees it now; the board shows it."""
        seen = asyncio.run(overview(self.scene.admin_url))
        self.board.show(seen)
        return seen

    def until(self, is_so: Callable[[dict[str, int]], bool], what: str) -> None:
        """Look until it `is_so`; raises `DemoError` when it never is."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while not is_so(self.look()):
            if time.monotonic() > deadline:
                logs = f"the logs are in {self.scene.folder / 'logs'}"
                raise DemoError(f"after {SETTLE_SECONDS:.0f} s it is still not so that {what}", hint=logs)
            time.sleep(LOOK_SECONDS)


def play(scene: Stage, story: Story, reference: Reference, board: Board) -> dict[str, Any]:
    """Play the story and reckon; the result is what `--json` prints. Raises `DemoError` when it never settles."""
    with httpx.Client(timeout=10) as client:
        player = Player(scene, story, client, board)
        if player.look()["purchases"]:
            raise DemoError("this database already holds purchases", hint="give the demo an empty one")
        board.step(f"Mendaftarkan {len(story.households)} keluarga isoman")
        for household in story.households:
            _register(player, household)
        board.step(f"Menerbitkan {len(story.events)} pesan belanja: dobel, salah, koreksi, pembatalan")
        _publish(player)
        board.step("Tim lapangan mengambil paket dan mengantarnya ke pintu")
        with _team(scene, reference):
            player.until(lambda seen: _brought(player, seen), "every packet was brought, or failed")
        board.step("Menghitung ulang semua barang dan rupiah")
        return _reckon(player, reference)


def _register(player: Player, household: dict[str, Any]) -> None:
    url = f"{player.scene.urls['distribution']}/v1/households"
    player.client.post(url, json=household, headers={"Peduli-Source": "/puskesmas/demo"}).raise_for_status()


def _publish(player: Player) -> None:
    """Let the example publisher send everything, and wait until the goods are in the ledger and in the tally."""
    events = player.scene.folder / "events.jsonl"
    player.story.write(events)
    subprocess.run([sys.executable, str(PUBLISHER), player.scene.amqp_url, str(events)], check=True, timeout=60)
    pieces, purchases = player.story.pieces, player.story.purchases
    player.until(
        lambda seen: (
            seen["pieces"] == pieces
            and seen["purchases"] == purchases
            and player.get("distribution", "/v1/accounting")["bought"] == pieces
        ),
        "the goods of all purchases are in the ledger and in the tally",
    )


@contextlib.contextmanager
def _team(scene: Stage, reference: Reference) -> Iterator[None]:
    """The example field team in a process of its own, for every kelurahan."""
    codes = [code.replace(".", "") for code in reference.kelurahan]
    command = [sys.executable, str(TEAM), scene.amqp_url, "tim-demo", *codes, "--ride", str(RIDE_SECONDS)]
    process = children.spawn(command, scene.folder / "logs" / "team.log")
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _brought(player: Player, seen: dict[str, int]) -> bool:
    """True when no packet waits for the team, two went wrong, and the tally has caught up with the ledger."""
    balances = player.get("distribution", "/v1/accounting")
    is_quiet = seen["open_tasks"] == 0 and balances["reserved"] == 0
    return is_quiet and seen["failed"] >= 2 and balances["delivered"] == seen["pieces_delivered"] > 0


def _reckon(player: Player, reference: Reference) -> dict[str, Any]:
    scene, story = player.scene, player.story
    seen = player.look()
    accounting = reckoning.account(player.get("distribution", "/v1/accounting"), story.pieces)
    refused = player.get("purchases", f"/v1/submissions{SOURCE}/{story.rejected}")[0]
    different = len(asyncio.run(differences(scene.admin_url)))
    broken = [breach.law for breach in asyncio.run(breaches(scene.admin_url))]
    wrong = reckoning.faults(story, accounting, seen, differences=different, broken_laws=broken, refused=refused)
    packet = _delivered_packet(player)
    return {
        "holds": not wrong,
        "faults": wrong,
        "accounting": asdict(accounting),
        "sent": {"messages": len(story.events), "repeats": story.repeats},
        "overview": seen,
        "top_units": asyncio.run(top_units(scene.admin_url)),
        "rejected": refused,
        "packet_id": packet,
        "trace": trace.follow(packet, scene.urls, reference.tenant),
        "addresses": scene.addresses,
    }


def _delivered_packet(player: Player) -> str:
    """The first packet of the story, by reference, that has reached a door."""
    for event in sorted(player.story.events, key=lambda event: str(event["body"]["reference"])):
        told = player.get("purchases", f"/v1/submissions{SOURCE}/{event['body']['reference']}")[-1]
        answer = player.client.get(f"{player.scene.urls['distribution']}/v1/trace/{told['purchase_id']}")
        packets = answer.json()["packets"] if answer.status_code == 200 else []
        for packet in packets:
            if packet["status"] == "delivered":
                return str(packet["packet_id"])
    raise DemoError("no packet has reached a door")

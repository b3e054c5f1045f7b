"""Plays the story on a stage: households, publisher and field team come from outside, as in life."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import httpx

from peduli import publishers, reckoning, trace
from peduli.display import Board
from peduli.player import EXAMPLES, DemoError, Player
from peduli.publishers import Operator
from peduli.servers import children
from peduli.staging import Stage
from peduli.story import SOURCE, Story
from peduli.surprises import surprise
from services.distribution.cli.ledger import breaches
from services.reporting.cli import differences, overview, top_units
from shared.messaging import topology
from shared.reference.model import Reference

PROGRAM = EXAMPLES / "field" / "python" / "team.py"
TEAM = "tim-demo"
RIDE_SECONDS = 0.3  # a ride of the demo: long enough to be watched


def play(scene: Stage, story: Story, reference: Reference, board: Board) -> dict[str, Any]:
    """Play the story and reckon; the result is what `--json` prints. Raises `DemoError` when it never settles."""
    with httpx.Client(timeout=10) as client, overview(scene.admin_url) as look:
        player = Player(scene, story, client, look, board)
        board.step(f"Mendaftarkan {len(story.households)} keluarga isoman")
        homes = [player.register(household) for household in story.households]
        team_url = asyncio.run(_let_in(scene, reference))
        board.step(f"Menerbitkan {len(story.events)} pesan belanja: dobel, salah, koreksi, pembatalan, basi")
        player.publish(story.events)
        surprise(player, homes)
        board.step("Tim lapangan mengambil paket dan mengantarnya ke pintu")
        with _team(scene, reference, team_url):
            player.until(lambda seen: _brought(player, seen), "every packet was brought, or failed")
        board.step("Menghitung ulang semua barang dan rupiah")
        return _reckon(player, reference)


async def _let_in(scene: Stage, reference: Reference) -> str:
    """The broker's URL for the field team: of a login of its own, or the one that was given, where none can be made."""
    await topology.delete(scene.amqp_url, topology.team_queue(reference.tenant, TEAM))  # of a demo that was killed
    made = await publishers.add(
        Operator(scene.admin_url, scene.amqp_url, scene.management_url, reference.tenant),
        TEAM,
        "team",
        sources=[TEAM],
        units=["*"],
        requests_per_minute=publishers.REQUESTS,
        purchases_per_minute=publishers.REPORTS,
        queue_length=publishers.REPORTS,
        with_login=bool(scene.management_url),
    )
    if not made.amqp_user:
        return scene.amqp_url
    given = urlsplit(scene.amqp_url)
    place = given.netloc.rpartition("@")[2]
    return given._replace(netloc=f"{made.amqp_user}:{made.amqp_password}@{place}").geturl()


@contextlib.contextmanager
def _team(scene: Stage, reference: Reference, url: str) -> Iterator[None]:
    """The example field team in a process of its own, for every kelurahan."""
    codes = [code.replace(".", "") for code in reference.kelurahan]
    command = [sys.executable, str(PROGRAM), url, TEAM, *codes, "--ride", str(RIDE_SECONDS)]
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
    accounting = reckoning.account(player.get("distribution", "/v1/accounting"), story.pieces, story.loose)
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
    for reference in sorted(player.story.standing):
        for packet in player.goods(reference)["packets"]:
            if packet["status"] == "delivered":
                return str(packet["packet_id"])
    raise DemoError("no packet has reached a door")

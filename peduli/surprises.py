"""What comes between an assignment and its door: a receipt is corrected, a family recovers early, kits are opened.

Two packets are recalled before a team has them, and their goods are free for other doors, as is what was in the kits.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from peduli.player import Player
from peduli.staging import TENANT
from services.distribution.cli.stock import Lumbung


def surprise(player: Player, homes: Sequence[str]) -> None:
    """Let both happen once packets are assigned; `homes` are the ids of the story's households, in its order."""
    player.board.step("Sesudah paket ditugaskan: satu nota dikoreksi, paketnya ditarik")
    _correct(player)
    player.board.step("Satu keluarga sembuh lebih cepat: paketnya ditarik, barangnya untuk rumah lain")
    _release(player, homes)
    player.board.step("Petugas lumbung membuka paket bayi yang tersisa: isinya untuk keluarga tanpa bayi")
    _open(player)


def _correct(player: Player) -> None:
    reference, line_no, pieces = player.until(lambda seen: _reserved(player), "a packet is assigned")
    before = player.look()["recalled"]
    first = len(player.story.events)
    player.story.correct(reference, line_no, -pieces)
    player.publish(player.story.events[first:])
    player.until(lambda seen: seen["recalled"] > before, "a corrected purchase has recalled a packet")


def _reserved(player: Player) -> tuple[str, int, int] | None:
    """A line with pieces in packets, and of how many pieces less a correction must recall one of these packets."""
    for reference in sorted(player.story.standing.keys() - player.story.corrected):
        for lot in player.goods(reference)["lots"]:
            if lot["reserved"] > 1:
                return reference, lot["line_no"], lot["available"] + 1
    return None


def _release(player: Player, homes: Sequence[str]) -> None:
    home = player.until(lambda seen: _expecting(player, homes), "a household has a packet on its way")
    told = player.story.households[homes.index(home)]
    player.register({**told, "released": "recovered"})
    player.until(
        lambda seen: {packet["status"] for packet in player.goods(home)["packets"]} == {"recalled"},
        "a household that has recovered gets no packet",
    )


def _open(player: Player) -> None:
    [kits] = player.goods(player.story.kits)["lots"]
    lumbung = Lumbung(player.scene.urls["distribution"], tenant=TENANT, source="/lumbung/demo", token="")
    note = "sisa paket bayi: tidak ada lagi yang boleh menerima"
    lumbung.adjust(UUID(kits["lot_id"]), "opening", player.story.opened, note)


def _expecting(player: Player, homes: Sequence[str]) -> str | None:
    """The first household with a packet that no team has taken."""
    for home in homes:
        if any(packet["status"] == "assigned" for packet in player.goods(home)["packets"]):
            return home
    return None

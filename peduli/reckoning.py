"""The reckoning at the end of the demo: what must be there, from the story alone, against what the services say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from peduli.story import Story

EARLY_RECALLS = 2  # at least: by the late correction, and by the early recovery


@dataclass(frozen=True)
class Accounting:
    """Where every piece is. `over_delivered` were taken back on paper after they had left; `opened` kits are `loose`
    pieces now.
    """

    bought: int
    loose: int
    over_delivered: int
    delivered: int
    on_the_way: int
    in_stock: int
    opened: int
    returned_or_expired: int
    expired: int
    lost: int
    doubled: int


def account(balances: Mapping[str, int], pieces: int, loose: int = 0) -> Accounting:
    """The ledger's balances against the `pieces` that the publisher knows to have bought, and those out of kits."""
    gone = balances["returned"] + balances["expired"] + balances["withdrawn"] + balances["damaged"]
    on_the_way = balances["reserved"] + balances["in_transit"]
    somewhere = balances["delivered"] + on_the_way + balances["available"] + balances["opened"] + gone
    missing = pieces + loose + balances["over_delivered"] - somewhere
    return Accounting(
        bought=balances["bought"] - loose,
        loose=loose,
        over_delivered=balances["over_delivered"],
        delivered=balances["delivered"],
        on_the_way=on_the_way,
        in_stock=balances["available"],
        opened=balances["opened"],
        returned_or_expired=gone,
        expired=balances["expired"],
        lost=max(0, missing),
        doubled=max(0, -missing),
    )


def faults(
    story: Story,
    accounting: Accounting,
    overview: Mapping[str, int],
    *,
    differences: int,
    broken_laws: Collection[str],
    refused: Mapping[str, object],
) -> list[str]:
    """What is not as the story says, in Bahasa Indonesia; empty when the accounting holds.

    `overview` is reporting's, `differences` counts tallies that are not the sum of their facts, `broken_laws` names
    those of the ledger that do not hold, `refused` is the answer to the story's wrong purchase.
    """
    wanted = {"purchases": story.purchases, "pieces": story.pieces, "spend_idr": story.spend_idr}
    wanted |= {"corrected": len(story.corrected), "voided": 1, "rejected": 1, "pieces_delivered": accounting.delivered}
    found = [
        f"{name}: seharusnya {number}, tercatat {overview[name]}"
        for name, number in wanted.items()
        if overview[name] != number
    ]
    found += [f"{accounting.lost} buah hilang"] if accounting.lost else []
    found += [f"{accounting.doubled} buah terhitung ganda"] if accounting.doubled else []
    found += ["tidak ada paket yang sampai"] if not overview["delivered"] else []
    found += ["tidak ada paket yang gagal diantar"] if not overview["failed"] else []
    found += ["koreksi dan kesembuhan tidak menarik dua paket"] if overview["recalled"] < EARLY_RECALLS else []
    spoilt = accounting.expired
    opened = accounting.opened
    found += [f"paket dibuka: seharusnya {story.opened}, tercatat {opened}"] if opened != story.opened else []
    found += [f"kedaluwarsa: seharusnya {story.expired}, tercatat {spoilt}"] if spoilt != story.expired else []
    found += [f"{differences} rekap berbeda dari faktanya"] if differences else []
    found += [f"hukum buku besar {law} dilanggar" for law in sorted(set(broken_laws))]
    found += ["pembelian yang salah tidak ditolak"] if refused.get("outcome") != "rejected" else []
    return found

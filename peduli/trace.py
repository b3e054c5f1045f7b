"""Follow an id through the three HTTP doors: from a rupiah to a doorstep and back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
from rich.console import Console
from rich.tree import Tree

from shared.errors import PeduliError


class TraceError(PeduliError):
    """No service knows this id."""


def follow(identity: UUID, urls: dict[str, str], tenant: str) -> dict[str, Any]:
    """All that is known of a purchase, lot, packet, task or household of a city; raises `TraceError` for nothing."""
    with httpx.Client(timeout=10, headers={"Peduli-Tenant": tenant}) as client:
        goods = _get(client, f"{urls['distribution']}/v1/trace/{identity}") or {"lots": [], "packets": []}
        lots = goods["lots"]
        purchase_id = lots[0]["purchase_id"] if lots else str(identity)
        purchase = _get(client, f"{urls['purchases']}/v1/purchases/{purchase_id}")
        tally = _get(client, f"{urls['reporting']}/v1/trace/{purchase_id}")
    if purchase is None and not lots:
        raise TraceError(hint="give the id of a purchase, lot, packet, task or household")
    return {"purchase": purchase, **goods, "reporting": tally}


def _get(client: httpx.Client, url: str) -> Any:
    answer = client.get(url)
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    return answer.json()


def render(found: dict[str, Any], console: Console) -> None:
    """The journey as a tree, in Bahasa Indonesia."""
    purchase = found["purchase"]
    title = "Perjalanan paket"
    if purchase:
        content = purchase["content"]
        title = f"Pembelian {purchase['reference']} - Rp{content['total_idr']:,} - {content['unit_code']}".replace(
            ",", "."
        )
    tree = Tree(title)
    for lot in found["lots"]:
        branch = tree.add(f"baris {lot['line_no']}: {lot['bought']} x {lot['sku']} (di lumbung {lot['available']})")
        for packet in found["packets"]:
            if (packet["purchase_id"], packet["line_no"]) == (lot["purchase_id"], lot["line_no"]):
                leaf = branch.add(f"{packet['quantity']} buah -> tugas {packet['task_id']}: {packet['status']}")
                leaf.add(f"kelurahan {packet['kelurahan']}, tim {packet['team'] or '-'}, {packet['changed_at']}")
                leaf.add(packet["text"])
    console.print(tree)

"""Follow an id through the three HTTP doors: from a rupiah to a doorstep and back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
from rich.console import Console
from rich.tree import Tree

from peduli.words import city_of, local, place, rupiah
from shared.errors import PeduliError
from shared.reference.model import Reference

STATUS = {
    "accepted": "dibawa",
    "failed": "belum berhasil diantar",
    "delivered": "sampai di pintu",
    "returned": "kembali ke lumbung",
    "recalled": "ditarik kembali",
}


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
    return {"city": tenant, "purchase": purchase, **goods, "reporting": tally}


def _get(client: httpx.Client, url: str) -> Any:
    answer = client.get(url)
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    return answer.json()


def render(found: dict[str, Any], console: Console) -> None:
    """The journey as a tree, in Bahasa Indonesia."""
    console.print(_tree(found), highlight=False)


def _tree(found: dict[str, Any]) -> Tree:
    purchase, city = found["purchase"], city_of(found["city"])
    tree = Tree("Barang" if purchase is None else _purchase(purchase, city))
    bought_at = local(purchase["content"]["purchased_at"], city) if purchase else ""
    for lot in found["lots"]:
        key = (lot["purchase_id"], lot["line_no"])
        packets = [packet for packet in found["packets"] if (packet["purchase_id"], packet["line_no"]) == key]
        if packets or lot["available"]:
            branch = tree.add(f"{bought_at}  dibeli {lot['bought']} x {lot['sku']}, di lumbung {lot['available']}")
            for packet in packets:
                _grow(branch.add(f"{packet['quantity']} buah dalam paket {packet['packet_id']}"), packet, city)
    others = [packet for packet in found["packets"] if purchase and packet["purchase_id"] != purchase["purchase_id"]]
    beside = tree.add("bersama barang dari pembelian lain") if others else tree
    for packet in others:
        beside.add(f"{packet['quantity']} x {packet['sku']}  {packet['purchase_id']}")
    return tree


def _grow(leaf: Tree, packet: dict[str, Any], city: Reference | None) -> None:
    leaf.add(f"{local(packet['assigned_at'], city)}  ditugaskan ke {place(packet['kelurahan'], city)}")
    if packet["status"] != "assigned":
        leaf.add(f"{local(packet['changed_at'], city)}  {STATUS[packet['status']]} ({packet['team'] or '-'})")
    leaf.add(packet["text"])


def _purchase(purchase: dict[str, Any], city: Reference | None) -> str:
    content = purchase["content"]
    state = ", dibatalkan" if purchase["status"] == "voided" else ""
    return f"Nota {purchase['reference']}, {place(content['unit_code'], city)}, {rupiah(content['total_idr'])}{state}"

"""Follow any id through the three HTTP doors: from a rupiah to a doorstep and back."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
from rich.console import Console
from rich.tree import Tree

from shared.errors import PeduliError

Found = dict[str, Any]
NOTHING: Found = {"household": None, "lots": [], "packets": []}


class TraceError(PeduliError):
    """No service knows this id."""


def follow(identity: str, urls: dict[str, str], tenant: str, *, source: str = "") -> Found:
    """All that is known of a purchase, event, lot, packet, task, household or submission id, or a receipt.

    Raises `TraceError` when nothing is, or when several sources know the number and `source` does not choose.
    """
    with httpx.Client(timeout=10, headers={"Peduli-Tenant": tenant}) as client:
        path = f"/v1/lookup/{quote(identity, safe='')}?source={quote(source, safe='')}"
        named: list[Found] = _get(client, urls["purchases"] + path) or []
        if len(named) > 1:
            known = ", ".join(sorted({item["source"] for item in named}))
            raise TraceError("several sources know this number", hint=f"choose with --source: {known}")
        goods = _goods(client, urls["distribution"], named[0]["purchase_id"] if named else identity)
        bought = list(dict.fromkeys(lot["purchase_id"] for lot in goods["lots"]))
        for purchase_id in bought if not named else []:
            named += _get(client, f"{urls['purchases']}/v1/lookup/{purchase_id}") or []
        if not named and not goods["lots"] and goods["household"] is None:
            raise TraceError(hint="an id of a purchase, event, lot, packet, task, household, submission; or a receipt")
        purchases = [{**item, "now": _purchase(client, urls["purchases"], item["purchase_id"])} for item in named]
        lines = [_get(client, f"{urls['reporting']}/v1/trace/{item['purchase_id']}") or [] for item in named]
    return {"purchases": purchases, **goods, "reporting": [line for part in lines for line in part]}


def _goods(client: httpx.Client, url: str, identity: str) -> Found:
    try:
        known = UUID(identity)
    except ValueError:
        return NOTHING
    return _get(client, f"{url}/v1/trace/{known}") or NOTHING


def _purchase(client: httpx.Client, url: str, purchase_id: str) -> Found | None:
    found: Found | None = _get(client, f"{url}/v1/purchases/{purchase_id}")
    return found


def _get(client: httpx.Client, url: str) -> Any:
    answer = client.get(url)
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    return answer.json()


def render(found: Found, console: Console) -> None:
    """The journey as trees, in Bahasa Indonesia."""
    household = found["household"]
    if household:
        until = household["released_reason"] or f"isolasi sampai {household['isolation_until']}"
        waits = f", menunggu: {household['waits_because']}" if household["waits_because"] else ""
        console.print(f"Rumah {household['household_id']} di kelurahan {household['kelurahan']}, {until}{waits}")
    for purchase in found["purchases"]:
        console.print(_tree(purchase, found))


def _tree(purchase: Found, found: Found) -> Tree:
    tree = Tree(_title(purchase))
    for item in reversed(purchase["submissions"]):
        reasons = "".join(f"; {reason['path']} {reason['code']}: {reason['message']}" for reason in item["reasons"])
        tree.add(f"kiriman {item['received_at']}: {item['outcome']}{reasons}")
    for lot in found["lots"]:
        if lot["purchase_id"] != purchase["purchase_id"]:
            continue
        branch = tree.add(f"baris {lot['line_no']}: {lot['bought']} x {lot['sku']} (di lumbung {lot['available']})")
        for packet in found["packets"]:
            if (packet["purchase_id"], packet["line_no"]) == (lot["purchase_id"], lot["line_no"]):
                leaf = branch.add(f"{packet['quantity']} buah -> tugas {packet['task_id']}: {packet['status']}")
                leaf.add(f"kelurahan {packet['kelurahan']}, tim {packet['team'] or '-'}, {packet['changed_at']}")
                leaf.add(packet["text"])
    return tree


def _title(purchase: Found) -> str:
    name = f"{purchase['reference']} dari {purchase['source']}"
    if purchase["now"] is None:
        return f"Kiriman {name}: tidak tercatat"
    content = purchase["now"]["content"]
    total = f"{content['total_idr']:,}".replace(",", ".")
    return f"Pembelian {name} - Rp{total} - {content['unit_code']} - {purchase['now']['status']}"

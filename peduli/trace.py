"""Follow any id through the three HTTP doors: from a rupiah to a doorstep and back."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx
from rich.console import Console
from rich.tree import Tree

from peduli.words import city_of, local, place, rupiah
from shared import certificates
from shared.errors import PeduliError
from shared.reference.model import Reference

STATUS = {
    "accepted": "dibawa",
    "failed": "belum berhasil diantar",
    "delivered": "sampai di pintu",
    "returned": "kembali ke lumbung",
    "recalled": "ditarik kembali",
}

_REPORTED = ("in_stock", "on_the_way", "delivered", "expired", "damaged", "withdrawn", "opened")
Found = dict[str, Any]
NOTHING: Found = {"household": None, "lots": [], "packets": []}


class TraceError(PeduliError):
    """No service knows this id."""


def follow(identity: str, urls: dict[str, str], tenant: str, *, source: str = "", token: str = "") -> Found:
    """All that is known of a purchase, event, lot, packet, task, household or submission id, or a receipt.

    Raises `TraceError` when nothing is, or when several sources know the number and `source` does not choose.
    """
    headers = {"Peduli-Tenant": tenant} | ({"Authorization": f"Bearer {token}"} if token else {})
    with httpx.Client(timeout=10, headers=headers, verify=certificates.needed(*urls.values())) as client:
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
    return {"city": tenant, "purchases": purchases, **goods, "reporting": [line for part in lines for line in part]}


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
    if answer.status_code in (401, 403):
        raise TraceError("the doors ask for a token", hint="PEDULI_TOKEN: `peduli publisher add NAME --role reader`")
    if answer.status_code == 404:
        return None
    answer.raise_for_status()
    return answer.json()


def render(found: Found, console: Console) -> None:
    """The journey as trees, in Bahasa Indonesia."""
    city, household = city_of(found["city"]), found["household"]
    if household:
        until = household["released_reason"] or f"dibantu sampai {local(household['isolation_until'], city)}"
        waits = f", menunggu: {household['waits_because']}" if household["waits_because"] else ""
        home = place(household["kelurahan"], city)
        console.print(f"Rumah {household['household_id']} di {home}, {until}{waits}", highlight=False)
    for purchase in found["purchases"]:
        console.print(_tree(purchase, found, city), highlight=False)


def _tree(purchase: Found, found: Found, city: Reference | None) -> Tree:
    tree = Tree(_title(purchase, city))
    for sent in reversed(purchase["submissions"]):
        reasons = "".join(f"; {reason['path']} {reason['code']}: {reason['message']}" for reason in sent["reasons"])
        tree.add(f"{local(sent['received_at'], city)}  kiriman {sent['source']}: {sent['outcome']}{reasons}")
    for lot in found["lots"]:
        if lot["purchase_id"] != purchase["purchase_id"]:
            continue
        key = (lot["purchase_id"], lot["line_no"])
        packets = [packet for packet in found["packets"] if (packet["purchase_id"], packet["line_no"]) == key]
        if packets or lot["available"] or lot["opened"]:
            came = "dari paket yang dibuka:" if lot["kit_lot_id"] else "dibeli"
            branch = tree.add(f"{came} {lot['bought']} x {lot['sku']}, di lumbung {lot['available']}")
            branch.add(_sum(lot, found["reporting"]))
            for packet in packets:
                _grow(branch.add(f"{packet['quantity']} buah dalam paket {packet['packet_id']}"), packet, city)
    return tree


def _sum(lot: Found, lines: list[Found]) -> str:
    """Where the pieces of a lot are, as an equation; and whether reporting, which only heard of it, says the same."""
    out = lot["reserved"] + lot["in_transit"]
    parts = {"di lumbung": lot["available"] + lot["returned"], "di jalan": out, "sampai": lot["delivered"]}
    parts |= {
        "kedaluwarsa": lot["expired"],
        "rusak": lot["damaged"],
        "ditarik": lot["withdrawn"],
        "dibuka": lot["opened"],
    }
    whole = lot["bought"] + lot["over_delivered"]
    told = " + ".join(f"{count} {word}" for word, count in parts.items() if count) or "0"
    is_whole = sum(parts.values()) == whole
    same = [list(parts.values()) == [line[name] for name in _REPORTED] for line in lines if _is_of(line, lot)]
    seen = "" if all(same) and same else "; pelaporan belum sama"
    return f"{told} = {whole}: {'cocok' if is_whole else 'TIDAK COCOK'}{seen}"


def _is_of(line: Found, lot: Found) -> bool:
    return (line["purchase_id"], line["line_no"]) == (lot["purchase_id"], lot["line_no"])


def _grow(leaf: Tree, packet: Found, city: Reference | None) -> None:
    leaf.add(f"{local(packet['assigned_at'], city)}  ditugaskan ke {place(packet['kelurahan'], city)}")
    if packet["status"] != "assigned":
        leaf.add(f"{local(packet['changed_at'], city)}  {STATUS[packet['status']]} ({packet['team'] or '-'})")
    leaf.add(packet["text"])


def _title(purchase: Found, city: Reference | None) -> str:
    name, now = f"{purchase['reference']} dari {purchase['source']}", purchase["now"]
    if now is None:
        return f"Kiriman {name}: tidak tercatat"
    content, state = now["content"], ", dibatalkan" if now["status"] == "voided" else ""
    bought = f"{local(content['purchased_at'], city)}, {place(content['unit_code'], city)}"
    return f"Nota {name}, {bought}, {rupiah(content['total_idr'])}{state}"

"""A purchase as a person types it: fields as text, and what they mean as a submission.

What cannot be read goes into the submission as it was typed: then the rules of the intake refuse it in their own words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from shared.reference.folding import fold
from shared.reference.model import FIRST_PROGRAMME, Reference
from shared.reference.search import search_products

_MONEY = re.compile(r"(?:rp\.?)?\s*([0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,00?|,-)?", re.IGNORECASE)
_PAYER = re.compile(r"((?:[0-9][ .-]?){17}[0-9])[\s;,:|]+(\S.*)")
_CONTENT = re.compile(r"([0-9][0-9.]*)\s*(?:x\s+|×\s*|\s)(\S.*)", re.IGNORECASE)
_NOT_SKU = re.compile(r"[^A-Z0-9]+")
SKU_LENGTH = 24


class Typed(BaseModel):
    """What stands in a form."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class DraftLine(Typed):
    """A line of goods. `sku` names a product of the registry; without it `name` and what follows tell of a new one."""

    sku: str = ""
    quantity: str = ""
    price: str = ""
    expires_on: str = ""
    name: str = ""
    category: str = ""
    shelf_life_days: str = ""
    contents: str = ""
    is_kit: bool = False


class Draft(Typed):
    """A purchase that is being written. `corrects`: the version of the purchase that it is to replace."""

    corrects: int | None = None
    purchase_id: str = ""
    programme: str = FIRST_PROGRAMME
    seller_code: str = ""
    lines: tuple[DraftLine, ...] = ()
    reference: str = ""
    bought_on: str = ""
    bought_at: str = ""
    purpose: str = "donation"
    pickup: str = ""
    payer: Literal["buyer", "contributors"] = "buyer"
    nip: str = ""
    contributors: str = ""
    post_url: str = ""
    post_by: Literal["asn", "unit"] = "asn"
    hashtags: str = ""
    more_posts: tuple[dict[str, Any], ...] = ()  # of a purchase that another door told with several
    exact: dict[str, str | int] = {}  # what a form shows more coarsely than it was told, by what it shows


def submission_of(draft: Draft, unit_code: str, city: Reference) -> dict[str, Any]:
    """The draft as a submission of the unit: not checked yet, but with its total reckoned."""
    seller = city.sellers.get(draft.seller_code)
    lines = [_line(line, city, draft.exact) for line in draft.lines]
    total = total_of(draft)
    raw: dict[str, Any] = {
        "reference": draft.reference,
        "purchased_at": _moment(draft, city),
        "unit_code": unit_code,
        "seller_code": draft.seller_code,
        "channel": seller.channel if seller else "",
        "purpose": draft.purpose,
        "programme": draft.programme,
        "lines": lines,
        "total_idr": total,
        "posts": [*_posts(draft), *draft.more_posts],
    }
    if draft.payer == "buyer":
        raw["buyer"] = {"nip": draft.nip}
    else:
        raw["contributors"] = list(payers_of(draft.contributors))
    if draft.pickup:
        raw["pickup"] = {"kelurahan": draft.pickup}
    return raw


def total_of(draft: Draft) -> int:
    """The sum of the lines that can be read, in rupiah."""
    read = ((rupiah_of(line.price), whole_of(line.quantity)) for line in draft.lines)
    return sum(price * quantity for price, quantity in read if isinstance(price, int) and isinstance(quantity, int))


def moment_of(raw: dict[str, Any]) -> datetime | None:
    """When a submission says that it was bought, or None where that cannot be read."""
    try:
        at = datetime.fromisoformat(raw["purchased_at"])
    except ValueError:
        return None
    return at if at.tzinfo else None


def rupiah_of(text: str) -> int | str:
    """`65000`, `65.000`, `Rp 65.000` and `65.000,00` are 65 000; anything else comes back as it is."""
    found = _MONEY.fullmatch(text.strip())
    return int(found[1].replace(".", "")) if found else text


def whole_of(text: str) -> int | str:
    """A whole number, with or without dots at its thousands; anything else comes back as it is."""
    return rupiah_of(text) if text[:1].isdigit() else text


def payers_of(text: str) -> Iterator[dict[str, Any]]:
    """Contributors, a line each: NIP, then amount, as they come out of a spreadsheet."""
    for row in text.splitlines():
        if not row.strip():
            continue
        found = _PAYER.fullmatch(row.strip())
        nip, _, amount = (found[1], "", found[2]) if found else row.strip().partition(" ")
        yield {"nip": nip, "amount_idr": rupiah_of(amount)}


def hashtags_of(text: str) -> list[str]:
    """The hashtags in a text: each `#word`; of words alone, every one."""
    tagged = re.findall(r"#([\w]+)", text)
    return tagged or re.findall(r"\w+", text)


def sku_for(name: str, prefix: str) -> str:
    """A code for a product that has none yet: the same for the same name."""
    plain = _NOT_SKU.sub("-", fold(name).upper()).strip("-")
    sku = f"{prefix}-{plain}"
    if len(sku) <= SKU_LENGTH:
        return sku
    tail = hashlib.sha256(plain.encode()).hexdigest()[:4].upper()
    return f"{sku[: SKU_LENGTH - 5].rstrip('-')}-{tail}"


def contents_of(text: str, city: Reference) -> Iterator[dict[str, Any]]:
    """What is in a kit, a line each: pieces, then a product's name or code. `sku` is empty unless one product fits."""
    for row in text.splitlines():
        if not row.strip():
            continue
        found = _CONTENT.fullmatch(row.strip())
        quantity, name = (whole_of(found[1]), found[2]) if found else ("", row.strip())
        fits = search_products(name, city)
        exact = [product for product in fits if fold(name) in (fold(product.name), fold(product.sku))]
        chosen = exact or fits
        yield {"sku": chosen[0].sku if len(chosen) == 1 else "", "quantity": quantity}


def _line(line: DraftLine, city: Reference, exact: dict[str, str | int]) -> dict[str, Any]:
    raw: dict[str, Any] = {
        "sku": line.sku,
        "quantity": whole_of(line.quantity),
        "unit_price_idr": rupiah_of(line.price),
    }
    if line.expires_on:
        raw["expires_at"] = exact.get(f"until {line.expires_on}") or _end_of_day(line.expires_on, city)
    if line.sku in city.products:
        return raw
    days = whole_of(line.shelf_life_days)
    product: dict[str, Any] = {
        "name": line.name,
        "category": line.category,
        "shelf_life_hours": exact.get(f"days {days}") or (days * 24 if isinstance(days, int) else days),
    }
    if line.is_kit:
        product["contents"] = list(contents_of(line.contents, city))
    return {**raw, "sku": line.sku or sku_for(line.name, "PAKET" if line.is_kit else "BARU"), "product": product}


def _posts(draft: Draft) -> list[dict[str, Any]]:
    if not draft.post_url and not draft.hashtags:
        return []
    post = {"url": draft.post_url, "hashtags": hashtags_of(draft.hashtags), "by": draft.post_by}
    posted_at = draft.exact.get(f"posted {draft.post_url}")
    return [{**post, "posted_at": posted_at} if posted_at else post]


def _moment(draft: Draft, city: Reference) -> str:
    exact = draft.exact.get(f"at {draft.bought_on} {draft.bought_at}")
    if exact:
        return str(exact)
    try:
        at = time.fromisoformat(draft.bought_at.replace(".", ":"))
        return datetime.combine(date.fromisoformat(draft.bought_on), at, city.zone).isoformat()
    except ValueError:
        return f"{draft.bought_on} {draft.bought_at}".strip()


def _end_of_day(day: str, city: Reference) -> str:
    try:
        return datetime.combine(date.fromisoformat(day), time(23, 59, 59), city.zone).isoformat()
    except ValueError:
        return day


def draft_of(raw: dict[str, Any], city: Reference, **more: Any) -> Draft:
    """The form filled with a submission that was told through any door."""
    bought = _read_moment(raw.get("purchased_at"), city)
    posts = [post for post in _dicts(raw.get("posts")) if post.get("url")]
    first = posts[0] if posts else {}
    buyer, pickup = raw.get("buyer"), raw.get("pickup")
    payers = _dicts(raw.get("contributors"))
    return Draft(
        programme=_text(raw.get("programme")) or FIRST_PROGRAMME,
        seller_code=_text(raw.get("seller_code")),
        lines=tuple(_draft_line(line, city) for line in _dicts(raw.get("lines"))),
        reference=_text(raw.get("reference")),
        bought_on=bought.date().isoformat() if bought else "",
        bought_at=f"{bought:%H:%M}" if bought else "",
        purpose="own_use" if raw.get("purpose") == "own_use" else "donation",
        pickup=_text(pickup.get("kelurahan")) if isinstance(pickup, dict) else "",
        payer="contributors" if payers else "buyer",
        nip=_text(buyer.get("nip")) if isinstance(buyer, dict) else "",
        contributors="\n".join(f"{_text(payer.get('nip'))} {_text(payer.get('amount_idr'))}" for payer in payers),
        post_url=_text(first.get("url")),
        post_by="unit" if first.get("by") == "unit" else "asn",
        hashtags=" ".join(f"#{tag.lstrip('#')}" for tag in _texts(first.get("hashtags"))),
        more_posts=tuple(posts[1:]),
        exact=_exact(raw, city),
        **more,
    )


def _exact(raw: dict[str, Any], city: Reference) -> dict[str, str | int]:
    """What the fields show more coarsely: a correction that leaves them as they are must not change it."""
    exact: dict[str, str | int] = {}
    bought = _read_moment(raw.get("purchased_at"), city)
    if bought:
        exact[f"at {bought:%Y-%m-%d %H:%M}"] = raw["purchased_at"]
    for line in _dicts(raw.get("lines")):
        expires = _read_moment(line.get("expires_at"), city)
        if expires:
            exact[f"until {expires.date()}"] = line["expires_at"]
        product = line.get("product")
        hours = product.get("shelf_life_hours") if isinstance(product, dict) else None
        if isinstance(hours, int):
            exact[f"days {_days(hours)}"] = hours
    for post in _dicts(raw.get("posts"))[:1]:
        if post.get("posted_at"):
            exact[f"posted {_text(post.get('url'))}"] = _text(post["posted_at"])
    return exact


def _days(hours: int) -> int:
    return max(1, hours // 24)


def _draft_line(line: dict[str, Any], city: Reference) -> DraftLine:
    product = line.get("product")
    told: dict[str, Any] = product if isinstance(product, dict) else {}
    contents = _dicts(told.get("contents"))
    hours = told.get("shelf_life_hours")
    expires = _read_moment(line.get("expires_at"), city)
    names = {sku: product.name for sku, product in city.products.items()}
    return DraftLine(
        sku=_text(line.get("sku")),
        quantity=_text(line.get("quantity")),
        price=_text(line.get("unit_price_idr")),
        expires_on=expires.date().isoformat() if expires else "",
        name=_text(told.get("name")),
        category=_text(told.get("category")),
        shelf_life_days=str(_days(hours)) if isinstance(hours, int) else "",
        contents="\n".join(
            f"{_text(item.get('quantity'))} {names.get(_text(item.get('sku')), _text(item.get('sku')))}"
            for item in contents
        ),
        is_kit=bool(contents),
    )


def _read_moment(value: object, city: Reference) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at.astimezone(city.zone) if at and at.tzinfo else at


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, (list, tuple)) else []


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, (list, tuple)) else []

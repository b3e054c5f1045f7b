"""Rows of facts and tallies; every write is one statement for the whole batch, keys sorted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from services.reporting.domain.contribution import (
    PRODUCT_FIELDS,
    ROUND_FIELDS,
    SALE_FIELDS,
    SOURCE_FIELDS,
    UNIT_FIELDS,
    Deltas,
    PurchaseFact,
    is_compliant,
)
from shared.database.pool import Transaction
from shared.database.queries import load_queries

queries = load_queries(__file__)
REGION_FIELDS = ("assigned", "accepted", "delivered", "failed", "returned", "recalled", "pieces")


async def load_purchases(tx: Transaction, ids: Sequence[str]) -> dict[str, PurchaseFact]:
    """The purchases that are known among `ids`."""
    rows = await queries.load_purchases(tx, ids=ids) if ids else []
    return {row["purchase_id"]: PurchaseFact(**{**row, **_tuples(row)}) for row in rows}


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"buyer_keys": tuple(row["buyer_keys"]), "lines": tuple(tuple(line) for line in row["lines"])}


async def save_purchases(tx: Transaction, facts: Sequence[PurchaseFact]) -> None:
    """Purchases after a batch."""
    if facts:
        columns: dict[str, Sequence[Any]] = dict(zip(PurchaseFact._fields, zip(*facts, strict=True), strict=True))
        del columns["lines"]  # they have a table of their own
        columns["buyer_keys"] = ["|".join(fact.buyer_keys) for fact in facts]
        await queries.save_purchases(tx, **columns)


async def save_details(
    tx: Transaction,
    bodies: Mapping[str, Mapping[str, Any]],
    wanted: Mapping[str, frozenset[str]],
    renewed: Sequence[str],
) -> None:
    """Lines and posts of purchases whose whole state was told; of the `renewed` ones the old go first.

    `wanted` are the hashtags that each purchase's programme asks for.
    """
    if renewed:
        await queries.delete_lines(tx, ids=renewed)
    lines = [(key, line) for key, body in bodies.items() for line in body["lines"]]
    if lines:
        await queries.append_lines(
            tx,
            ids=[key for key, _ in lines],
            line_nos=[line["line_no"] for _, line in lines],
            skus=[line["sku"] for _, line in lines],
            quantities=[line["quantity"] for _, line in lines],
            prices=[line["unit_price_idr"] for _, line in lines],
            expires_ats=[_expiry(bodies[key], line) for key, line in lines],
        )
    posts = [(key, post) for key, body in bodies.items() for post in body["posts"]]
    if posts:
        await queries.append_posts(
            tx,
            ids=[key for key, _ in posts],
            hashes=[post["url_hash"] for _, post in posts],
            saids=[post["by"] for _, post in posts],
            compliants=[is_compliant(post["hashtags"], wanted[key]) for key, post in posts],
            posted_ats=[datetime.fromisoformat(post["posted_at"]) if post["posted_at"] else None for _, post in posts],
        )


def _expiry(body: Mapping[str, Any], line: Mapping[str, Any]) -> datetime | None:
    """When a line spoils, as far as its event tells; None: the catalogue knows its shelf life."""
    if line.get("expires_at"):
        return datetime.fromisoformat(line["expires_at"])
    if line.get("product"):
        return datetime.fromisoformat(body["purchased_at"]) + timedelta(hours=line["product"]["shelf_life_hours"])
    return None


async def save_deltas(tx: Transaction, deltas: Deltas) -> None:
    """Add to all tallies of purchases, in one statement."""
    if deltas.units:
        buyers = {key: (count,) for key, count in deltas.buyers.items()}
        day_buyers = {key: (count,) for key, count in deltas.day_buyers.items()}
        await queries.save_tallies(
            tx,
            **_columns("unit", ("code", "day"), UNIT_FIELDS, deltas.units),
            **_columns("channel", ("tenant", "code", "day"), SALE_FIELDS, deltas.channels),
            **_columns("seller", ("tenant", "code", "day"), SALE_FIELDS, deltas.sellers),
            **_columns("product", ("tenant", "code", "day"), PRODUCT_FIELDS, deltas.products),
            **_columns("source", ("tenant", "name", "day"), SOURCE_FIELDS, deltas.sources),
            **_columns("round", ("unit", "programme", "day"), ROUND_FIELDS, deltas.rounds),
            **_columns("buyer", ("unit", "key"), ("purchases",), buyers),
            **_columns("day_buyer", ("unit", "day", "programme", "key"), ("purchases",), day_buyers),
        )


async def save_regions(tx: Transaction, regions: Mapping[tuple[str, date], Sequence[int]]) -> None:
    """Add to the tallies of kelurahan."""
    if regions:
        await queries.save_region_days(tx, **_columns("region", ("code", "day"), REGION_FIELDS, regions))


def _columns(
    tally: str, names: Sequence[str], fields: Sequence[str], sums: Mapping[tuple[Any, ...], Sequence[int]]
) -> dict[str, list[Any]]:
    """A column for each part of the key and each field, named `<tally>_<name>`; keys sorted, against deadlocks."""
    keys = sorted(sums)
    columns = {f"{tally}_{name}": [key[place] for key in keys] for place, name in enumerate(names)}
    columns |= {f"{tally}_{name}": [sums[key][place] for key in keys] for place, name in enumerate(fields)}
    return columns

"""Rows of facts and tallies; every write is one statement for the whole batch, keys sorted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from services.reporting.domain.contribution import (
    CHANNEL_FIELDS,
    ROUND_FIELDS,
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
    rows = await queries.load_purchases(tx, ids=ids)
    return {row["purchase_id"]: PurchaseFact(**{**row, "buyer_keys": tuple(row["buyer_keys"])}) for row in rows}


async def save_purchases(tx: Transaction, facts: Sequence[PurchaseFact]) -> None:
    """Purchases after a batch."""
    if facts:
        columns = {name: [getattr(fact, name) for fact in facts] for name in PurchaseFact.__slots__}
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


async def save_deltas(tx: Transaction, deltas: Deltas) -> None:
    """Add to the tallies of purchases."""
    if deltas.units:
        await queries.save_unit_days(tx, **_columns(("unit", "day"), UNIT_FIELDS, deltas.units))
        await queries.save_channel_days(tx, **_columns(("tenant", "channel", "day"), CHANNEL_FIELDS, deltas.channels))
        await queries.save_unit_rounds(tx, **_columns(("unit", "programme", "round"), ROUND_FIELDS, deltas.rounds))
        keys = sorted(deltas.buyers)
        await queries.save_buyers(
            tx,
            unit=[unit for unit, _ in keys],
            buyer=[buyer for _, buyer in keys],
            purchases=[deltas.buyers[key] for key in keys],
        )
        counts = {key: (count,) for key, count in deltas.day_buyers.items()}
        names = ("unit", "day", "programme", "buyer")
        await queries.save_day_buyers(tx, **_columns(names, ("purchases",), counts))


async def save_regions(tx: Transaction, regions: Mapping[tuple[str, date], Sequence[int]]) -> None:
    """Add to the tallies of kelurahan."""
    if regions:
        await queries.save_region_days(tx, **_columns(("kelurahan", "day"), REGION_FIELDS, regions))


def _columns(
    names: Sequence[str], fields: Sequence[str], sums: Mapping[tuple[Any, ...], Sequence[int]]
) -> dict[str, list[Any]]:
    keys = sorted(sums)
    columns: dict[str, list[Any]] = {name: [key[place] for key in keys] for place, name in enumerate(names)}
    columns |= {name: [sums[key][place] for key in keys] for place, name in enumerate(fields)}
    return columns

"""Rows of facts and tallies; every write is one statement for the whole batch, keys sorted.

What no batch told before is copied: that costs both sides half of a statement that looks for the row first.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

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
Change: TypeAlias = Callable[..., Awaitable[Any]]
_LINE = ("purchase_id", "line_no", "sku", "quantity", "unit_price_idr", "expires_at")
_POST = ("purchase_id", "url_hash", "said_by", "is_compliant", "posted_at")
REGION_FIELDS = ("assigned", "accepted", "delivered", "failed", "returned", "recalled", "pieces")


async def load_purchases(tx: Transaction, ids: Sequence[str]) -> dict[str, PurchaseFact]:
    """The purchases that are known among `ids`."""
    rows = await queries.load_purchases(tx, ids=ids) if ids else []
    return {row["purchase_id"]: PurchaseFact(**{**row, **_tuples(row)}) for row in rows}


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"buyer_keys": tuple(row["buyer_keys"]), "lines": tuple(tuple(line) for line in row["lines"])}


async def save_purchases(tx: Transaction, facts: Sequence[PurchaseFact], known: Collection[str]) -> None:
    """Purchases after a batch; those that are `known` have a row."""
    names = PurchaseFact._fields[:-1]  # the lines have a table of their own
    await _append(tx, "fct_purchase", names, [fact[:-1] for fact in facts if fact.purchase_id not in known])
    changed = [fact for fact in facts if fact.purchase_id in known]
    if changed:
        columns: dict[str, Sequence[Any]] = dict(zip(PurchaseFact._fields, zip(*changed, strict=True), strict=True))
        del columns["lines"]
        columns["buyer_keys"] = ["|".join(fact.buyer_keys) for fact in changed]
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
    lines = [
        (key, line["line_no"], line["sku"], line["quantity"], line["unit_price_idr"], _expiry(body, line))
        for key, body in bodies.items()
        for line in body["lines"]
    ]
    await _append(tx, "fct_purchase_line", _LINE, lines)
    posts = {
        (key, post["url_hash"]): (post["by"], is_compliant(post["hashtags"], wanted[key]), _moment(post["posted_at"]))
        for key, body in bodies.items()
        for post in reversed(body["posts"])  # of two with one address the first counts
    }
    await _append(tx, "fct_post", _POST, [(*key, *post) for key, post in posts.items()])


async def save_told(
    tx: Transaction,
    table: str,
    rows: Sequence[Sequence[Any]],
    names: Sequence[str],
    known: Collection[str],
    change: Change,
) -> None:
    """Rows of a table after a batch, in the order of `names`, of which the first is what they are known by.

    Those that are `known` may have a row already, which `change` changes.
    """
    await _append(tx, table, names, [row for row in rows if row[0] not in known])
    changed = [row for row in rows if row[0] in known]
    if changed:
        await change(tx, **dict(zip(names, zip(*changed, strict=True), strict=True)))


async def _append(tx: Transaction, table: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if rows:
        await tx.copy_records_to_table(table, columns=names, records=rows)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


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

"""Rows of the registry that only its owner keeps: versions told, and what sellers sold."""

from __future__ import annotations

from collections.abc import Sequence

from shared.database.pool import Pool, Transaction
from shared.database.queries import load_queries
from shared.reference.model import Reference

queries = load_queries(__file__)


async def load_versions(tx: Transaction, tenant: str, codes: Sequence[str]) -> dict[tuple[str, str], int]:
    """(topic, code) -> the version that was told last."""
    rows = await queries.list_versions(tx, tenant=tenant, codes=codes)
    return {(row["topic"], row["code"]): row["version"] for row in rows}


async def load_turnover(pool: Pool, city: Reference) -> dict[str, int]:
    """Whole rupiah by seller, where the city lists those first who sold least; one that sold nothing is not in it."""
    if city.seller_order != "least_sold":
        return {}
    return {row["seller_code"]: row["spend_idr"] for row in await queries.list_turnover(pool, tenant=city.tenant)}

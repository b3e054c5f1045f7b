"""Drafts of a unit's officer: sealed, because a NIP is in them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from services.purchases.domain.draft import Draft
from shared.database.pool import Transaction
from shared.database.queries import load_queries
from shared.privacy import seal, unseal

queries = load_queries(__file__)


async def save(
    tx: Transaction, draft: Draft, *, draft_id: UUID, tenant: str, unit_code: str, seal_key: bytes, now: datetime
) -> None:
    """Keep a draft as it is now."""
    sealed = seal(seal_key, draft.model_dump_json().encode(), bound_to=str(draft_id))
    await queries.save_draft(tx, draft_id=draft_id, tenant=tenant, unit_code=unit_code, sealed=sealed, now=now)


async def find(tx: Transaction, draft_id: UUID, *, tenant: str, unit_code: str, seal_key: bytes) -> Draft | None:
    """A unit's own draft, or None; locked until `tx` ends."""
    row = await queries.find_draft(tx, draft_id=draft_id, tenant=tenant, unit_code=unit_code)
    return None if row is None else Draft.model_validate_json(unseal(seal_key, row["sealed"], bound_to=str(draft_id)))


async def listed(
    tx: Transaction, *, tenant: str, unit_code: str, seal_key: bytes
) -> list[tuple[UUID, Draft, datetime]]:
    """The drafts of a unit with their ids and when each was last touched, newest first."""
    return [
        (row["draft_id"], Draft.model_validate_json(opened), row["changed_at"])
        for row in await queries.list_drafts(tx, tenant=tenant, unit_code=unit_code)
        for opened in [unseal(seal_key, row["sealed"], bound_to=str(row["draft_id"]))]
    ]

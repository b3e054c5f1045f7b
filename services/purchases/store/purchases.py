"""Rows of purchases and submissions, typed. Set-based: a batch is a handful of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from services.purchases.domain.purchase import Purchase
from shared.contracts.reasons import Reason
from shared.database.pool import Row, Transaction
from shared.database.queries import load_queries

queries = load_queries(__file__)


@dataclass
class Stored:
    """A purchase with what the store keeps beside it; `nip_sealed` empty means unchanged."""

    purchase_id: UUID
    source: str
    reference: str
    purchase: Purchase
    content: bytes
    nip_sealed: bytes = b""


@dataclass(frozen=True)
class Submission:
    """One line of the book of submissions."""

    submission_id: UUID
    purchase_id: UUID | None
    kind: str
    source: str
    reference: str
    outcome: str
    reasons: tuple[Reason, ...]
    raw_sealed: bytes | None


async def load(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, tuple[Purchase, bytes]]:
    """The purchases that exist among `ids`, locked against another door, with their content."""
    await queries.claim_purchases(tx, ids=ids)
    rows = await queries.load_purchases(tx, ids=ids)
    return {
        row["purchase_id"]: (
            Purchase(row["version"], row["status"], row["first_hash"], row["content_hash"]),
            row["content"].encode(),
        )
        for row in rows
    }


async def save(tx: Transaction, purchases: Sequence[Stored], submissions: Sequence[Submission]) -> None:
    """Write a batch: each purchase once, as it stands after all of it."""
    if purchases:
        await queries.save_purchases(
            tx,
            ids=[item.purchase_id for item in purchases],
            sources=[item.source for item in purchases],
            references=[item.reference for item in purchases],
            versions=[item.purchase.version for item in purchases],
            statuses=[item.purchase.status for item in purchases],
            first_hashes=[item.purchase.first_hash for item in purchases],
            content_hashes=[item.purchase.content_hash for item in purchases],
            contents=[item.content.decode() for item in purchases],
            nips=[item.nip_sealed for item in purchases],
        )
    if submissions:
        last = {item.submission_id: item for item in submissions}.values()
        await queries.save_submissions(
            tx,
            ids=[item.submission_id for item in last],
            purchase_ids=[item.purchase_id for item in last],
            kinds=[item.kind for item in last],
            sources=[item.source for item in last],
            references=[item.reference for item in last],
            outcomes=[item.outcome for item in last],
            reasons=[orjson.dumps([reason.model_dump() for reason in item.reasons]).decode() for item in last],
            raws=[item.raw_sealed for item in last],
        )


async def list_waiting(tx: Transaction, ids: Sequence[UUID]) -> list[Row]:
    """Early corrections and voids of these purchases, in their order of arrival."""
    rows: list[Row] = await queries.list_waiting(tx, ids=ids)
    return rows


async def list_overdue(tx: Transaction, before: datetime) -> list[Row]:
    """Corrections and voids that have waited since before `before`."""
    rows: list[Row] = await queries.list_overdue(tx, before=before)
    return rows

"""Rows of purchases and submissions, typed. Set-based: a batch is a handful of statements."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import orjson

from services.purchases.domain.purchase import Purchase
from shared.contracts.reasons import Reason
from shared.database.pool import Row, Transaction
from shared.database.queries import load_queries
from shared.database.transient import RacedError

queries = load_queries(__file__)


class Stored(NamedTuple):
    """A purchase with what the store keeps beside it; `buyers_sealed` empty means unchanged."""

    purchase_id: UUID
    tenant: str
    source: str
    reference: str
    purchase: Purchase
    content: bytes
    buyers_sealed: bytes = b""


@dataclass(frozen=True)
class Known:
    """What was known before a batch: purchases by id; the names and receipts that lead to them.

    `aliases`: name -> (purchase, hash of what was told under that name). `awaited`: purchases for which early
    corrections or voids wait.
    """

    purchases: dict[UUID, Stored] = field(default_factory=dict)
    aliases: dict[UUID, tuple[UUID, str]] = field(default_factory=dict)
    receipts: dict[UUID, UUID] = field(default_factory=dict)
    awaited: list[UUID] = field(default_factory=list)


class Submission(NamedTuple):
    """One line of the book of submissions; `told_by` is the source that had told of the same receipt before."""

    submission_id: UUID
    purchase_id: UUID
    tenant: str
    kind: str
    source: str
    reference: str
    outcome: str
    reasons: tuple[Reason, ...]
    raw_sealed: bytes | None
    told_by: str = ""


async def load(tx: Transaction, names: Collection[UUID], receipts: Collection[UUID], *, claim: bool) -> Known:
    """All that these names and receipts lead to, with `claim` locked against another door."""
    leads = await queries.claim_purchases(tx, names=names, receipts=receipts, claim=claim)
    known = Known(
        aliases={row["lead_id"]: (row["purchase_id"], row["content_hash"]) for row in leads if row["kind"] == "alias"},
        receipts={row["lead_id"]: row["purchase_id"] for row in leads if row["kind"] == "receipt"},
    )
    for row in await queries.load_purchases(tx, ids={row["purchase_id"] for row in leads}):
        if row["version"] is not None:
            known.purchases[row["purchase_id"]] = _stored(row)
        if row["is_awaited"]:
            known.awaited.append(row["purchase_id"])
    return known


def _stored(row: Row) -> Stored:
    purchase = Purchase(row["version"], row["status"], row["first_hash"], row["content_hash"])
    return Stored(row["purchase_id"], row["tenant"], row["source"], row["reference"], purchase, row["content"].encode())


async def append_aliases(tx: Transaction, aliases: Mapping[UUID, tuple[UUID, str]]) -> None:
    """New names of purchases that another source had told of; costs nothing where there are none."""
    if aliases:
        await queries.append_aliases(
            tx,
            names=list(aliases),
            ids=[purchase for purchase, _ in aliases.values()],
            hashes=[content_hash for _, content_hash in aliases.values()],
        )


async def save_purchases(
    tx: Transaction, purchases: Collection[Stored], receipts: Mapping[UUID, UUID], known: Known
) -> None:
    """Write each purchase once, as it stands after a batch, and the `receipts` that are new to what was `known`.

    Raises `RacedError` when another door was faster with a receipt.
    """
    if not purchases:
        return
    new = {paper: purchase for paper, purchase in receipts.items() if known.receipts.get(paper) != purchase}
    if stale := [paper for paper in new if paper in known.receipts]:
        await queries.delete_receipts(tx, receipts=stale)
    written = await queries.save_purchases(
        tx,
        ids=[item.purchase_id for item in purchases],
        tenants=[item.tenant for item in purchases],
        sources=[item.source for item in purchases],
        references=[item.reference for item in purchases],
        versions=[item.purchase.version for item in purchases],
        statuses=[item.purchase.status for item in purchases],
        first_hashes=[item.purchase.first_hash for item in purchases],
        content_hashes=[item.purchase.content_hash for item in purchases],
        contents=[item.content.decode() for item in purchases],
        buyers=[item.buyers_sealed for item in purchases],
        receipts=list(new),
        receipt_of=list(new.values()),
    )
    if len(written) < len(new):
        raise RacedError


async def save_submissions(tx: Transaction, submissions: Sequence[Submission]) -> None:
    """Write what became of each submission: its last word, where a batch has two."""
    if not submissions:
        return
    last = {item.submission_id: item for item in submissions}.values()
    await queries.save_submissions(
        tx,
        ids=[item.submission_id for item in last],
        purchase_ids=[item.purchase_id for item in last],
        tenants=[item.tenant for item in last],
        kinds=[item.kind for item in last],
        sources=[item.source for item in last],
        references=[item.reference for item in last],
        outcomes=[item.outcome for item in last],
        reasons=[_json(item.reasons) for item in last],
        raws=[item.raw_sealed for item in last],
        told_bys=[item.told_by for item in last],
    )


def _json(reasons: Sequence[Reason]) -> str:
    return orjson.dumps([reason.model_dump() for reason in reasons]).decode() if reasons else "[]"


async def find_answers(tx: Transaction, submissions: Sequence[UUID]) -> dict[UUID, Row]:
    """What was answered to these submissions, as far as they are known."""
    rows = await queries.find_answers(tx, ids=submissions)
    return {row["submission_id"]: row for row in rows}


async def list_waiting(tx: Transaction, ids: Sequence[UUID]) -> list[Row]:
    """Early corrections and voids of these purchases, in their order of arrival."""
    rows: list[Row] = await queries.list_waiting(tx, ids=ids)
    return rows


async def list_overdue(tx: Transaction, before: datetime) -> list[Row]:
    """Corrections and voids that have waited since before `before`."""
    rows: list[Row] = await queries.list_overdue(tx, before=before)
    return rows

"""A purchase written by a unit's officer: begun, changed, sent through the one path of all doors."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from services.purchases.domain.draft import Draft, draft_of, submission_of
from services.purchases.store import book, drafts
from services.purchases.usecases.intake import submit
from services.purchases.usecases.judging import Incoming, Keys, Verdict
from services.purchases.usecases.officers import Seat
from shared.database.pool import Row, Transaction
from shared.ids import new_id
from shared.privacy import unseal
from shared.reference.model import Reference
from shared.reference.store import Cities

DRAFTS_LAST = timedelta(days=7)


async def keep(
    tx: Transaction, draft: Draft, seat: Seat, *, keys: Keys, now: datetime, draft_id: UUID | None = None
) -> UUID:
    """Keep a new draft, or a known one as it is now; returns its id."""
    identity = draft_id or new_id()
    await drafts.save(
        tx,
        draft,
        draft_id=identity,
        tenant=seat.tenant,
        unit_code=seat.unit_code,
        seal_key=keys.seal_key,
        now=now,
    )
    return identity


async def find(tx: Transaction, draft_id: UUID, seat: Seat, keys: Keys) -> Draft | None:
    """The unit's own draft, or None when it was sent, given up, or is another's."""
    return await drafts.find(tx, draft_id, tenant=seat.tenant, unit_code=seat.unit_code, seal_key=keys.seal_key)


async def drop(tx: Transaction, draft_id: UUID, seat: Seat) -> None:
    """Give a draft up."""
    await drafts.queries.delete_draft(tx, draft_id=draft_id, tenant=seat.tenant, unit_code=seat.unit_code)


async def send(
    tx: Transaction, draft_id: UUID, seat: Seat, *, cities: Cities, keys: Keys, now: datetime
) -> Verdict | None:
    """Tell the draft as the unit's purchase or correction; it goes unless it was refused. None: it was sent before."""
    draft = await find(tx, draft_id, seat, keys)
    if draft is None:
        return None
    raw = submission_of(draft, seat.unit_code, cities[seat.tenant])
    kind = "submitted" if draft.corrects is None else "corrected"
    told = Incoming(new_id(), kind, seat.tenant, seat.source, raw)  # type: ignore[arg-type]
    verdict = (await submit(tx, [told], cities=cities, keys=keys, now=now))[0]
    if verdict.outcome != "rejected":
        await drop(tx, draft_id, seat)
    return verdict


async def void(
    tx: Transaction, reference: str, reason: str, seat: Seat, *, cities: Cities, keys: Keys, now: datetime
) -> Verdict:
    """Tell that a purchase of the unit did not happen after all."""
    told = Incoming(new_id(), "voided", seat.tenant, seat.source, {"reference": reference, "reason": reason})
    return (await submit(tx, [told], cities=cities, keys=keys, now=now))[0]


def correction_of(purchase: Row, reference: str, seat: Seat, *, keys: Keys, city: Reference) -> Draft:
    """The form filled with a purchase as it stands. A NIP that another source told is not shown: it is typed anew."""
    raw = raw_of(purchase, keys) | {"reference": reference}
    if purchase["source"] != seat.source:
        raw |= {"buyer": None, "contributors": []}
    return draft_of(raw, city, corrects=purchase["version"], purchase_id=str(purchase["purchase_id"]))


async def mended(tx: Transaction, submission_id: UUID, seat: Seat, *, keys: Keys, city: Reference) -> Draft | None:
    """The form filled with what was refused, as long as its body is kept (30 days)."""
    row = await book.queries.find_refused(tx, submission_id=submission_id, tenant=seat.tenant, source=seat.source)
    if row is None or row["kind"] == "voided":
        return None
    raw = orjson.loads(unseal(keys.seal_key, row["raw_sealed"], bound_to=str(submission_id)))
    return draft_of(raw, city, **({"corrects": 0} if row["kind"] == "corrected" else {}))


def sealed_of(purchase: Row, keys: Keys) -> dict[str, Any]:
    """Who paid what (`payers`), and where the posts are (`post_urls`)."""
    opened = unseal(keys.seal_key, purchase["buyers_sealed"], bound_to=str(purchase["purchase_id"]))
    return dict(orjson.loads(opened))


def raw_of(purchase: Row, keys: Keys) -> dict[str, Any]:
    """A purchase as it was submitted: its event's content with what is sealed beside it."""
    content, secret = orjson.loads(purchase["content"]), sealed_of(purchase, keys)
    posts = [{**post, "url": url} for post, url in zip(content["posts"], secret["post_urls"], strict=False)]
    by_one = bool(content["buyer_key"])
    payers = secret["payers"]
    return {
        **content,
        "posts": posts,
        "buyer": {"nip": payers[0]["nip"]} if by_one else None,
        "contributors": [] if by_one else payers,
        "pickup": {"kelurahan": content["pickup_kelurahan"]} if content["pickup_kelurahan"] else None,
    }


async def forget_old(tx: Transaction, *, now: datetime) -> None:
    """Drop drafts that nobody touched for a week."""
    await drafts.queries.delete_old_drafts(tx, before=now - DRAFTS_LAST)

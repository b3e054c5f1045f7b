"""A valid submission as the content of an event: nothing personal leaves, and equal content has an equal hash."""

from __future__ import annotations

import hashlib
from typing import Any

from shared.contracts.purchases import PurchaseLine, PurchasePost
from shared.contracts.submissions import Contributor, PurchaseSubmission
from shared.reference.model import Reference


def content_hash(submission: PurchaseSubmission) -> str:
    """32 hex of SHA-256 over the canonical submission: what a resend must hit, whatever its spelling or door."""
    text = submission.canonical
    if submission.contributors:  # whatever their order
        text = submission.model_copy(update={"contributors": paid_by(submission)}).model_dump_json()
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def paid_by(submission: PurchaseSubmission) -> tuple[Contributor, ...]:
    """Who paid what, by NIP: the one buyer for all of it, or the contributors."""
    if submission.buyer is not None:
        return (Contributor(nip=submission.buyer.nip, amount_idr=submission.total_idr),)
    return tuple(sorted(submission.contributors, key=lambda contributor: contributor.nip))


def sealed_part(submission: PurchaseSubmission) -> dict[str, Any]:
    """What never leaves the purchases database: who paid what, and addresses of posts. A correction begins from it."""
    return {
        "payers": [payer.model_dump() for payer in paid_by(submission)],
        "post_urls": [post.url for post in submission.posts],
    }


def receipt(submission: PurchaseSubmission, city: Reference) -> tuple[str, ...]:
    """What makes two tellings of one receipt the same, whoever tells it: seller, unit, number, day, total."""
    return (
        submission.seller_code,
        submission.unit_code,
        submission.reference.casefold(),
        city.date_of(submission.purchased_at).isoformat(),
        str(submission.total_idr),
    )


def lines_of(
    submission: PurchaseSubmission, city: Reference, said: frozenset[str] = frozenset()
) -> tuple[PurchaseLine, ...]:
    """The lines, numbered from 1. A sku that was merged is told by its other name, unless the purchase has `said` it
    already: its goods lie under that name.
    """
    lines = []
    for number, line in enumerate(submission.lines, start=1):
        known = city.products.get(line.sku)
        merged = known is not None and bool(known.merged_into) and line.sku not in said
        lines.append(
            PurchaseLine(
                line_no=number,
                sku=known.merged_into if known and merged else line.sku,
                quantity=line.quantity,
                unit_price_idr=line.unit_price_idr,
                expires_at=line.expires_at,
                product=None if merged else line.product,
            )
        )
    return tuple(lines)


def posts_of(submission: PurchaseSubmission) -> tuple[PurchasePost, ...]:
    """The posts; an address may name a person, so that only its hash leaves."""
    return tuple(
        PurchasePost(
            url_hash=hashlib.sha256(post.url.encode()).hexdigest()[:32],
            hashtags=post.hashtags,
            posted_at=post.posted_at,
            by=post.by,
        )
        for post in submission.posts
    )

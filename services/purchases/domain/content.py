"""A valid submission as the content of an event: nothing personal leaves, and equal content has an equal hash."""

from __future__ import annotations

import hashlib
from datetime import UTC

from services.purchases.domain.purchase import Kind, Said
from shared.contracts.purchases import PurchaseLine, PurchasePost
from shared.contracts.submissions import PurchaseSubmission, VoidSubmission


def content_hash(submission: PurchaseSubmission) -> str:
    """32 hex of SHA-256 over the canonical submission: what a resend must hit, whatever its spelling or door."""
    return hashlib.sha256(submission.model_dump_json().encode()).hexdigest()[:32]


def said(kind: Kind, content: PurchaseSubmission | VoidSubmission) -> Said:
    """What a valid submission says about its purchase."""
    return Said(kind, content_hash(content) if isinstance(content, PurchaseSubmission) else content.reason)


def lines_of(submission: PurchaseSubmission) -> tuple[PurchaseLine, ...]:
    """The lines, numbered from 1."""
    return tuple(
        PurchaseLine(
            line_no=number,
            sku=line.sku,
            quantity=line.quantity,
            unit_price_idr=line.unit_price_idr,
            expires_at=line.expires_at,
            product=line.product,
        )
        for number, line in enumerate(submission.lines, start=1)
    )


def posts_of(submission: PurchaseSubmission) -> tuple[PurchasePost, ...]:
    """The posts; an address may name a person, so that only its hash leaves."""
    return tuple(
        PurchasePost(
            url_hash=hashlib.sha256(post.url.encode()).hexdigest()[:32],
            hashtags=post.hashtags,
            posted_at=post.posted_at.astimezone(UTC) if post.posted_at else None,
            by=post.by,
        )
        for post in submission.posts
    )

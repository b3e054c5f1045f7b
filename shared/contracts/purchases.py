"""What the purchases service tells (contracts.md §3). No personal data: a buyer is only `buyer_key`."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.event import Event, Value
from shared.contracts.reasons import Reason
from shared.contracts.submissions import Channel, NewProduct


class PurchaseLine(Value):
    line_no: int
    sku: str
    quantity: int
    unit_price_idr: int
    expires_at: datetime | None = None
    product: NewProduct | None = None


class PurchasePost(Value):
    url_hash: str
    hashtags: tuple[str, ...]
    posted_at: datetime | None
    by: Literal["asn", "unit"]


class PurchaseRecorded(Event):
    """A purchase was accepted, once. Pooled ones have `contributor_keys` and an empty `buyer_key`."""

    TYPE: ClassVar[str] = "purchase.recorded.v1"

    purchase_id: UUID
    source: str
    reference: str
    unit_code: str
    buyer_key: str
    contributor_keys: tuple[str, ...] = ()
    seller_code: str
    channel: Channel
    purpose: Literal["donation", "own_use"]
    programme: str
    lines: tuple[PurchaseLine, ...]
    total_idr: int
    pickup_kelurahan: str
    posts: tuple[PurchasePost, ...]
    purchased_at: datetime


class PurchaseCorrected(PurchaseRecorded):
    """The whole new state of a purchase whose version was `previous_version`."""

    TYPE: ClassVar[str] = "purchase.corrected.v1"

    previous_version: int


class PurchaseVoided(Event):
    """A purchase is taken back; `reason` is a code."""

    TYPE: ClassVar[str] = "purchase.voided.v1"

    purchase_id: UUID
    reason: str


class PurchaseRejected(Event):
    """A submission was refused, with every reason at once and never the offending value."""

    TYPE: ClassVar[str] = "purchase.rejected.v1"
    MINOR: ClassVar[int] = 1  # 1.1: a reason also has its text in English

    submission_id: UUID
    source: str
    reference: str
    reasons: tuple[Reason, ...]


PurchaseEvent = PurchaseRecorded | PurchaseCorrected | PurchaseVoided | PurchaseRejected

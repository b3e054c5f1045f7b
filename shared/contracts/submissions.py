"""What other systems publish to `peduli.intake` (contracts.md §2)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

_SPELLING = re.compile(r"[ .-]")


def plain_nip(value: str) -> str:
    """A NIP without the spaces, dots and dashes that people write."""
    return _SPELLING.sub("", value)


def _written(value: object) -> object:
    """A time as ISO 8601 writes it: a number, or its digits, would else be seconds since 1970, past every rule."""
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value
    raise ValueError("a time is written as text")


def _utc(at: datetime) -> datetime:
    """The same moment in UTC, so that equal moments are equal content; what no calendar holds the rules refuse."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return at


Channel = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}$", description="a channel of the city's programme")]
Rupiah = Annotated[StrictInt, Field(gt=0, le=10**12, description="whole rupiah (IDR)")]
Pieces = Annotated[StrictInt, Field(ge=1, le=10**6, description="pieces")]
Code = Annotated[str, Field(min_length=1, max_length=64)]
Nip = Annotated[
    str, Field(max_length=40, description="NIP of a PNS or NI of a PPPK, 18 digits"), AfterValidator(plain_nip)
]
Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_utc)]
Sku = Annotated[str, Field(pattern=r"^[A-Z0-9-]{1,24}$")]


class Submitted(BaseModel):
    """A thing read from outside: unknown fields are ignored, known ones are strict.

    `MINOR` counts the optional fields that came later within the major.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    MINOR: ClassVar[int] = 0


class Buyer(Submitted):
    nip: Nip


class Contributor(Submitted):
    """One ASN of a unit who paid a part of a pooled purchase."""

    nip: Nip
    amount_idr: Rupiah


class KitContent(Submitted):
    """`quantity` pieces of a known product in one kit."""

    sku: Sku
    quantity: Pieces


class NewProduct(Submitted):
    """A product that is not in the registry yet; with `contents` it is a kit, handed over whole."""

    name: str = Field(min_length=1, max_length=120)
    category: str = Field(min_length=1, max_length=40)
    shelf_life_hours: int = Field(ge=1, le=100_000, description="hours from purchase")
    contents: tuple[KitContent, ...] = Field(default=(), max_length=40)


class Line(Submitted):
    sku: Sku
    quantity: Pieces
    unit_price_idr: Rupiah
    expires_at: Moment | None = None
    product: NewProduct | None = None


class Pickup(Submitted):
    kelurahan: Code


class Post(Submitted):
    url: str = Field(pattern=r"^https?://", max_length=500)
    hashtags: tuple[Annotated[str, Field(max_length=80)], ...] = Field(default=(), max_length=30)
    posted_at: Moment | None = None
    by: Literal["asn", "unit"] = "asn"


class PurchaseSubmission(Submitted):
    """One receipt, as a publisher tells it: paid by one `buyer`, or pooled by many `contributors` of the unit.

    What the contributors gave sums to the total at most; the rest is the unit's.
    """

    reference: str = Field(min_length=1, max_length=100)
    purchased_at: Moment
    unit_code: Code
    buyer: Buyer | None = None
    contributors: tuple[Contributor, ...] = Field(default=(), max_length=500)
    seller_code: Code
    channel: Channel
    purpose: Literal["donation", "own_use"] = "donation"
    programme: str = Field("isoman", min_length=1, max_length=40)
    lines: tuple[Line, ...] = Field(min_length=1, max_length=200)
    total_idr: Rupiah
    pickup: Pickup | None = None
    posts: tuple[Post, ...] = Field(default=(), max_length=20)

    @cached_property
    def canonical(self) -> str:
        """The submission as one spelling of JSON, whatever way it was told."""
        return self.model_dump_json()


class PledgeSubmission(Submitted):
    """What a unit promises for a round: a week, named by its Monday. Told again, the last word counts."""

    round: date = Field(description="the Monday that opens the round")
    unit_code: Code
    programme: str = Field("isoman", min_length=1, max_length=40)
    sum_idr: Annotated[StrictInt, Field(ge=0, le=10**12, description="whole rupiah (IDR)")]
    packets: Annotated[StrictInt, Field(ge=0, le=10**6, description="packets")]


class VoidSubmission(Submitted):
    """A purchase that did not happen after all."""

    reference: str = Field(min_length=1, max_length=100)
    reason: str = Field(min_length=1, max_length=40, pattern=r"^[a-z_]+$")


JsonObject = dict[str, Any]

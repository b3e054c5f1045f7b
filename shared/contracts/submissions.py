"""What other systems publish to `peduli.intake` (contracts.md §2)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictInt

Channel = Literal["umkm_binaan_opd", "komunitas_umkm_kecamatan", "koperasi_depok"]
Rupiah = Annotated[StrictInt, Field(gt=0, le=10**12, description="whole rupiah (IDR)")]
Pieces = Annotated[StrictInt, Field(ge=1, le=10**6, description="pieces")]
Code = Annotated[str, Field(min_length=1, max_length=64)]


class Submitted(BaseModel):
    """A thing read from outside: unknown fields are ignored, known ones are strict.

    `MINOR` counts the optional fields that came later within the major.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    MINOR: ClassVar[int] = 0


class Buyer(Submitted):
    nip: str = Field(max_length=40, description="NIP of a PNS or NI of a PPPK, 18 digits")


class NewProduct(Submitted):
    name: str = Field(min_length=1, max_length=120)
    category: str = Field(min_length=1, max_length=40)
    shelf_life_hours: int = Field(ge=1, le=100_000, description="hours from purchase")


class Line(Submitted):
    sku: str = Field(pattern=r"^[A-Z0-9-]{1,24}$")
    quantity: Pieces
    unit_price_idr: Rupiah
    expires_at: AwareDatetime | None = None
    product: NewProduct | None = None


class Pickup(Submitted):
    kelurahan: Code


class Post(Submitted):
    url: str = Field(pattern=r"^https?://", max_length=500)
    hashtags: tuple[Annotated[str, Field(max_length=80)], ...] = Field(default=(), max_length=30)
    posted_at: AwareDatetime | None = None
    by: Literal["asn", "unit"] = "asn"


class PurchaseSubmission(Submitted):
    """One receipt, as a publisher tells it."""

    reference: str = Field(min_length=1, max_length=100)
    purchased_at: AwareDatetime
    unit_code: Code
    buyer: Buyer
    seller_code: Code
    channel: Channel
    purpose: Literal["donation", "own_use"] = "donation"
    programme: str = Field("isoman", min_length=1, max_length=40)
    lines: tuple[Line, ...] = Field(min_length=1, max_length=200)
    total_idr: Rupiah
    pickup: Pickup | None = None
    posts: tuple[Post, ...] = Field(default=(), max_length=20)


class VoidSubmission(Submitted):
    """A purchase that did not happen after all."""

    reference: str = Field(min_length=1, max_length=100)
    reason: str = Field(min_length=1, max_length=40, pattern=r"^[a-z_]+$")


JsonObject = dict[str, Any]

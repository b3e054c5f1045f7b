"""What a submission means for the purchase that it names: pure decisions, in any order of arrival."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from shared.contracts.reasons import Reason

Kind = Literal["submitted", "corrected", "voided"]


@dataclass(frozen=True)
class Purchase:
    """A purchase as it stands. `first_hash` is of the content that recorded it, `content_hash` of the present one."""

    version: int
    status: Literal["recorded", "voided"]
    first_hash: str
    content_hash: str


@dataclass(frozen=True)
class Said:
    """A valid submission about one purchase; `content_hash` is of all that matters in it."""

    kind: Kind
    content_hash: str


@dataclass(frozen=True)
class Decision:
    """`outcome` for the submitter, the purchase after it, and the reason of a refusal."""

    outcome: Literal["recorded", "corrected", "voided", "known", "waiting", "rejected"]
    purchase: Purchase | None
    reason: Reason | None = None


def decide(purchase: Purchase | None, said: Said) -> Decision:
    """The same words twice are known; other words under the same name are a conflict, unless said as a correction.

    A correction or void of a purchase that is not here yet waits for it.
    """
    if said.kind == "submitted":
        return _recorded(purchase, said)
    if purchase is None:
        return Decision("waiting", None)
    if said.kind == "voided":
        if purchase.status == "voided":
            return Decision("known", purchase)
        return Decision("voided", replace(purchase, version=purchase.version + 1, status="voided"))
    if purchase.status == "voided":
        return Decision("rejected", purchase, Reason.of("ALREADY_VOIDED", "reference"))
    if said.content_hash == purchase.content_hash:
        return Decision("known", purchase)
    return Decision("corrected", replace(purchase, version=purchase.version + 1, content_hash=said.content_hash))


def retell(purchase: Purchase | None, said: Said, first_hash: str) -> Decision:
    """A submission under another name of a purchase: known, or a conflict with what that name said first."""
    if said.content_hash == first_hash:
        return Decision("known", purchase)
    return Decision("rejected", purchase, Reason.of("DUPLICATE_CONFLICT", "reference"))


def _recorded(purchase: Purchase | None, said: Said) -> Decision:
    if purchase is None:
        return Decision("recorded", Purchase(1, "recorded", said.content_hash, said.content_hash))
    if said.content_hash in (purchase.first_hash, purchase.content_hash):
        return Decision("known", purchase)
    return Decision("rejected", purchase, Reason.of("DUPLICATE_CONFLICT", "reference"))

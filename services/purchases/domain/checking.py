"""What would become of a draft if it were sent now: every reason against it, or hints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.purchases.domain.draft import Draft, submission_of
from services.purchases.domain.hints import Hint, hints
from services.purchases.domain.submission import read_purchase
from shared.contracts.reasons import Reason
from shared.contracts.submissions import PurchaseSubmission
from shared.reference.model import Reference


@dataclass(frozen=True)
class Checked:
    """A draft as the submission it makes, with the reasons against it; hints only when there are none."""

    raw: dict[str, Any]
    reasons: tuple[Reason, ...]
    hints: tuple[Hint, ...] = ()


def check(draft: Draft, unit_code: str, city: Reference, now: datetime) -> Checked:
    """Judge a draft by the rules of the intake."""
    raw = submission_of(draft, unit_code, city)
    read = read_purchase(raw, city, now)
    if isinstance(read, PurchaseSubmission):
        return Checked(raw, (), hints(read.posts, city.programmes[read.programme]))
    wrong_lines = any(
        reason.path.startswith("lines") for reason in read
    )  # then the reckoned total is no fault of its own
    return Checked(raw, tuple(reason for reason in read if reason.path != "total_idr" or not wrong_lines))

"""What forms about a door tell: the kinds of reports, what was handed over, and numbers as they were typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from shared.contracts.field import AnyTaskReport, DeliveredPart, TaskDelivery, TaskFailure, TaskHandover, TaskReturn
from shared.web.forms import Form

MOST_DIGITS = 8
MODELS: dict[str, type[AnyTaskReport]] = {
    "deliver": TaskDelivery,
    "handover": TaskHandover,
    "fail": TaskFailure,
    "return": TaskReturn,
}


def number(text: str) -> int | str:
    """A number as it was typed; anything else stays as it is, and is refused."""
    return int(text) if text.isdecimal() and len(text) < MOST_DIGITS else text


def parts_of(form: Form, of: str = "") -> list[dict[str, Any]]:
    """What was handed over of each lot of a packet (`beri-…`, of what was in it: `isi-…`); nothing when it was all.

    `of` stands between these words and the lot where a form has several packets. What is no number stays as it is.
    """
    given, held = f"beri-{of}", f"isi-{of}"
    lots = [name.removeprefix(given) for name in form.fields if name.startswith(given)]
    if all(form[f"{given}{lot}"] == form[f"{held}{lot}"] for lot in lots):
        return []
    told = {lot: form[f"{given}{lot}"] for lot in lots if form[f"{given}{lot}"] != "0"}
    parts: list[dict[str, Any]] = [{"lot_id": lot, "quantity": number(quantity)} for lot, quantity in told.items()]
    return parts or [{"lot_id": lots[0], "quantity": 0}]


def are_parts(parts: Sequence[dict[str, Any]]) -> bool:
    """Whether each of these can be pieces of a packet: in a form of several packets, one must not stop the others."""
    try:
        return all(DeliveredPart.model_validate(part) for part in parts)
    except ValidationError:
        return False

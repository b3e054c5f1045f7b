"""What forms about a door tell: the kinds of reports, and numbers as they were typed."""

from __future__ import annotations

from shared.contracts.field import AnyTaskReport, TaskDelivery, TaskFailure, TaskHandover, TaskReturn

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

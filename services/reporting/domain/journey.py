"""Where the pieces of a purchase's line are, and whether they sum to what was bought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PLACES = ("in_stock", "on_the_way", "delivered", "expired", "damaged", "withdrawn", "opened")


def owed(line: Mapping[str, Any]) -> int:
    """The pieces of a line that must be somewhere: bought, and those taken back on paper after they had left."""
    return int(line["bought"] + line["over_delivered"])


def adds_up(line: Mapping[str, Any], packets: Mapping[str, int]) -> bool:
    """Whether a line's pieces sum, none is missing from the lumbung, and its packets (pieces by status) say the same.

    A packet that came back, or was recalled before a team had it, has put its pieces into the lumbung again.
    """
    places = [int(line[place]) for place in PLACES]
    carried = all(packets.get(place, 0) == line[place] for place in ("on_the_way", "delivered"))
    return carried and min(places) >= 0 and sum(places) == owed(line)


def where_is(status: str, *, was_accepted: bool) -> str:
    """The place of a packet's pieces by the status of its task."""
    if status == "delivered":
        return "delivered"
    is_out = status in ("assigned", "accepted", "failed") or (status == "recalled" and was_accepted)
    return "on_the_way" if is_out else "in_stock"

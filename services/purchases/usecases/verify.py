"""What the intake would answer to the submissions of a file, found out without a database or a broker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from services.purchases.domain.content import said
from services.purchases.domain.purchase import Purchase, decide
from services.purchases.domain.submission import read_submission
from services.purchases.usecases.intake import KINDS
from shared.contracts import envelope
from shared.contracts.reasons import Reason
from shared.reference.model import Reference


@dataclass(frozen=True)
class Checked:
    """The answer to one submission of the file. `outcome` is the intake's word, or `parked` for what it cannot read;
    `note` says why it cannot."""

    reference: str
    outcome: str
    reasons: tuple[Reason, ...] = ()
    note: str = ""

    @property
    def is_fine(self) -> bool:
        """True when nobody has to mend anything."""
        return self.outcome not in ("rejected", "parked")


def read_file(content: bytes) -> Iterator[Any | Reason]:
    """The items of a file: one JSON object, a list of them, or one object a line; a `Reason` where it is not JSON."""
    try:
        whole = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        whole = Reason.of("INVALID_JSON", f"{error.lineno}:{error.colno}")
    lines = [(number, line) for number, line in enumerate(content.splitlines(), start=1) if line.strip()]
    if not isinstance(whole, Reason) or not lines or not _is_json(lines[0][1]):
        yield from whole if isinstance(whole, list) else [whole]
        return
    for number, line in lines:
        try:
            yield orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield Reason.of("INVALID_JSON", f"{number}:{error.colno}")


def verify(items: Sequence[Any | Reason], *, source: str, reference: Reference, now: datetime) -> list[Checked]:
    """One answer for each item, in order, as an intake would give it that knows nothing but this file.

    An item is the body of a purchase told by `source`, or a CloudEvent in structured mode.
    """
    states: dict[tuple[str, str], Purchase] = {}
    return [_verify(item, states, source, reference, now) for item in items]


def _verify(
    item: Any | Reason, states: dict[tuple[str, str], Purchase], source: str, reference: Reference, now: datetime
) -> Checked:
    if isinstance(item, Reason):
        return Checked("", "rejected", (item,))
    kind, raw = "purchase.submitted.v1", item
    if isinstance(item, dict) and "specversion" in item:
        try:
            event = envelope.read({}, envelope.STRUCTURED, orjson.dumps(item))
        except envelope.EnvelopeError as error:
            return Checked("", "parked", note=str(error))
        kind, source, raw = event.type, event.source, event.data
    if not isinstance(raw, dict):
        return Checked("", "parked", note="the data is not a JSON object")
    name = raw["reference"] if isinstance(raw.get("reference"), str) else ""
    if kind not in KINDS:
        return Checked(name, "parked", note=f"the intake of purchases does not read {kind}")
    content = read_submission(KINDS[kind], raw, reference, now)
    if isinstance(content, list):
        return Checked(name, "rejected", tuple(content))
    decision = decide(states.get((source, name)), said(KINDS[kind], content))
    if decision.purchase is not None:
        states[source, name] = decision.purchase
    return Checked(name, decision.outcome, (decision.reason,) if decision.reason else ())


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True

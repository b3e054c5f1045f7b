"""What the intake would answer to the submissions of a file, found out without a database or a broker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import orjson

from services.purchases.domain import pledge
from services.purchases.domain.submission import unfit
from services.purchases.usecases.judging import KINDS, PLEDGE, Batch, Incoming, Keys, Read
from shared.contracts import envelope
from shared.contracts.reasons import Reason
from shared.ids import new_id
from shared.reference.model import Reference
from shared.reference.store import Cities

NO_KEYS = Keys(b"verify", b"verify")  # what is sealed with them is thrown away


@dataclass(frozen=True)
class Checked:
    """The answer to one submission of the file.

    `outcome` is the intake's word, or `parked` for what it cannot read; `note` says why it cannot.
    """

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
    whole = _json(content)
    lines = [(number, line) for number, line in enumerate(content.splitlines(), start=1) if line.strip()]
    if isinstance(whole, Reason) and lines and not isinstance(_json(lines[0][1]), Reason):
        yield from (_json(line, first=number) for number, line in lines)
    else:
        yield from whole if isinstance(whole, list) else [whole]


def _json(text: bytes, *, first: int = 1) -> Any | Reason:
    """The value, or the reason with line and column; `first` is the number of the text's first line."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        return Reason.of("INVALID_JSON", f"{first + error.lineno - 1}:{error.colno}")


def verify(items: Sequence[Any | Reason], *, source: str, city: Reference, now: datetime) -> list[Checked]:
    """One answer for each item, in order, as an intake would give it that knows nothing but this file.

    An item is the body of a purchase told by `source`, or a CloudEvent in structured mode.
    """
    conversation = _Conversation(source, city, now, Batch(NO_KEYS, now))
    return [conversation.answer(item) for item in items]


@dataclass
class _Conversation:
    """The intake's own judge, and the pledges, as far as the file has been read."""

    source: str
    city: Reference
    now: datetime
    batch: Batch
    pledges: dict[tuple[str, str, date], pledge.Pledge] = field(default_factory=dict)

    def answer(self, item: Any | Reason) -> Checked:
        if isinstance(item, Reason):
            return Checked("", "rejected", (item,))
        if isinstance(item, dict) and "specversion" in item:
            if unfit(item) == "TOO_LARGE":
                return Checked("", "parked", note="the body is larger than 64 KiB")
            try:
                event = envelope.read_structured(item, self.city.tenant)
            except envelope.EnvelopeError as error:
                return Checked("", "parked", note=str(error))
            return self._event(event.type, event.source, event.data)
        if not isinstance(item, dict):
            return Checked("", "parked", note="the data is not a JSON object")
        return self._event("purchase.submitted.v1", self.source, item)

    def _event(self, kind: str, source: str, raw: dict[str, Any]) -> Checked:
        if kind == PLEDGE:
            return self._pledge(raw)
        if kind not in KINDS:
            return Checked("", "parked", note=f"the intake of purchases does not read {kind}")
        item = Incoming(new_id(), KINDS[kind], self.city.tenant, source, raw)
        verdict = self.batch.judge(Read.of(item, Cities([self.city]), self.now))
        return Checked(verdict.reference, verdict.outcome, verdict.reasons)

    def _pledge(self, raw: dict[str, Any]) -> Checked:
        content = pledge.read_pledge(raw, self.city, self.now)
        if isinstance(content, list):
            return Checked("", "rejected", tuple(content))
        key = (content.unit_code, content.programme, content.round)
        before = self.pledges.get(key)
        self.pledges[key] = pledge.decide(before, content, self.now, self.city.zone)
        known = "known" if self.pledges[key] == before else "changed"
        return Checked(content.round.isoformat(), known if before else "recorded")

"""The broker's door of the purchases service: one lane."""

from __future__ import annotations

from collections.abc import Sequence

from services.purchases.usecases.intake import KINDS, Incoming, Keys, submission_id, submit
from shared.clock import now
from shared.contracts.envelope import Envelope
from shared.database.pool import Transaction
from shared.errors import PeduliError
from shared.messaging.consumer import Handler, Lane
from shared.reference.model import Reference


class UnknownTypeError(PeduliError):
    """This type of message is not read here."""


def lanes(reference: Reference, keys: Keys) -> list[Lane]:
    """`purchases.intake`: what other systems tell. Unordered: (source, reference) and waiting do the ordering."""
    return [Lane("purchases.intake", on_submissions(reference, keys), ordered=False)]


def on_submissions(reference: Reference, keys: Keys) -> Handler:
    """A handler of submitted, corrected and voided purchases."""

    async def handle(tx: Transaction, events: Sequence[Envelope]) -> None:
        await submit(tx, [_incoming(event) for event in events], reference=reference, keys=keys, now=now())

    return handle


def _incoming(event: Envelope) -> Incoming:
    kind = KINDS.get(event.type)
    if kind is None:
        raise UnknownTypeError
    return Incoming(submission_id(event.source, event.event_id), kind, event.source, event.data)

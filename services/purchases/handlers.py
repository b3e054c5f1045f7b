"""The broker's door of the purchases service: one lane."""

from __future__ import annotations

from collections.abc import Sequence

from services.purchases.usecases.intake import submit
from services.purchases.usecases.judging import KINDS, PLEDGE, Incoming, Keys, submission_id
from services.purchases.usecases.pledges import IncomingPledge, pledge
from shared.clock import now
from shared.contracts.envelope import Envelope
from shared.database.pool import Transaction
from shared.errors import PeduliError
from shared.messaging.consumer import Handler, Lane
from shared.reference.store import Cities


class UnknownTypeError(PeduliError):
    """This type of message is not read here."""


def lanes(cities: Cities, keys: Keys) -> list[Lane]:
    """`purchases.intake`: what other systems tell. Unordered: (source, reference) and waiting do the ordering."""
    return [Lane("purchases.intake", on_submissions(cities, keys), ordered=False)]


def on_submissions(cities: Cities, keys: Keys) -> Handler:
    """A handler of submitted, corrected and voided purchases, and of pledges."""

    async def handle(tx: Transaction, events: Sequence[Envelope]) -> None:
        purchases = [_incoming(event) for event in events if event.type != PLEDGE]
        pledges = [
            IncomingPledge(submission_id(event.identity), event.tenant, event.source, event.data)
            for event in events
            if event.type == PLEDGE
        ]
        if purchases:
            await submit(tx, purchases, cities=cities, keys=keys, now=now())
        if pledges:
            await pledge(tx, pledges, cities=cities, now=now())

    return handle


def _incoming(event: Envelope) -> Incoming:
    kind = KINDS.get(event.type)
    if kind is None:
        raise UnknownTypeError
    return Incoming(submission_id(event.identity), kind, event.tenant, event.source, event.data)

"""The broker's door of the purchases service: one lane."""

from __future__ import annotations

from collections.abc import Sequence

from services.purchases.usecases.judging import Keys
from services.purchases.usecases.receive import apply, opened
from shared.clock import now
from shared.contracts.envelope import Envelope
from shared.database.pool import Transaction
from shared.messaging.consumer import Handler, Lane
from shared.reference.store import Cities


def lanes(cities: Cities, keys: Keys) -> list[Lane]:
    """`purchases.intake`: what other systems tell. Unordered: (source, reference) and waiting do the ordering."""
    return [Lane("purchases.intake", on_submissions(cities, keys), ordered=False)]


def on_submissions(cities: Cities, keys: Keys) -> Handler:
    """A handler of submitted, corrected and voided purchases, and of pledges."""

    async def handle(tx: Transaction, events: Sequence[Envelope]) -> None:
        await apply(tx, [opened(event) for event in events], cities=cities, keys=keys, now=now())

    return handle

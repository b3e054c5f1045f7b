"""The broker's doors of the distribution service: what was bought, and what the field reports."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from services.distribution.store.stock import queries
from services.distribution.usecases.households import Keys, register
from services.distribution.usecases.recalling import recall_unfit
from services.distribution.usecases.rounds import take_pledges
from services.distribution.usecases.stock import take_in
from services.distribution.usecases.tasks import report
from shared.clock import now
from shared.contracts.envelope import Envelope
from shared.contracts.field import HouseholdReport, TaskAccept, TaskDelivery, TaskFailure, TaskHandover, TaskReturn
from shared.database.pool import Transaction
from shared.errors import PeduliError
from shared.messaging.applier import Handler, Lane
from shared.observability.logs import correlate
from shared.reference import told
from shared.reference.store import Cities

REPORTS: dict[str, type[BaseModel]] = {
    "household.report_submitted.v1": HouseholdReport,
    "task.accept_submitted.v1": TaskAccept,
    "task.delivery_submitted.v1": TaskDelivery,
    "task.handover_submitted.v1": TaskHandover,
    "task.failure_submitted.v1": TaskFailure,
    "task.return_submitted.v1": TaskReturn,
}


class UnknownTypeError(PeduliError):
    """This type of message is not read here."""


class RefusedError(PeduliError):
    """A report was refused: it is parked, because its sender has no other way to learn of it."""


def lanes(cities: Cities, keys: Keys, shards: int) -> list[Lane]:
    """Purchase events per shard, in order per purchase; reports as they come."""
    return [
        *(
            Lane(f"distribution.events.{shard}", on_purchases(cities), ordered=True, serves=cities.serves)
            for shard in range(shards)
        ),
        Lane("distribution.intake", on_reports(cities, keys), ordered=False, serves=cities.serves),
    ]


def on_purchases(cities: Cities) -> Handler:
    """Purchases that were recorded, corrected, voided, and pledges; a rejected one brings nothing. What the registry
    tells comes first: a purchase may be of a seller or a product that is told beside it.
    """

    async def handle(tx: Transaction, events: Sequence[Envelope]) -> None:
        if changed := await told.apply(tx, events):
            await cities.reread(tx, changed)
            for tenant in changed:
                await recall_unfit(tx, reference=cities[tenant], now=now())
            await queries.save_due(tx, tenants=changed)  # goods may be of use to others now
        await take_in(tx, events, cities=cities, now=now())
        await take_pledges(tx, events)
        goods = (event for event in events if event.type.startswith("purchase."))
        correlate("goods_told", ((event.type, [event.aggregate]) for event in goods))

    return handle


def on_reports(cities: Cities, keys: Keys) -> Handler:
    """Household and task reports, in the order of their arrival."""

    async def handle(tx: Transaction, events: Sequence[Envelope]) -> None:
        for event in events:
            model = REPORTS.get(event.type)
            if model is None:
                raise UnknownTypeError
            read, city = model.model_validate(event.data), cities[event.tenant]
            if isinstance(read, HouseholdReport):
                households = await register(tx, [(event.source, read)], reference=city, keys=keys, now=now())
                if households[0].outcome == "rejected":
                    raise RefusedError
            else:
                verdicts = await report(tx, [read], reference=city, keys=keys, now=now())  # type: ignore[list-item]
                if verdicts[0].outcome == "UNKNOWN_TASK":
                    raise RefusedError

    return handle

"""The broker's doors of the distribution service: what was bought, and what the field reports."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence

from pydantic import BaseModel

from services.distribution.store.stock import queries
from services.distribution.usecases.households import Keys, register
from services.distribution.usecases.recalling import recall_unfit
from services.distribution.usecases.rounds import take_pledges
from services.distribution.usecases.stock import take_in
from services.distribution.usecases.tasks import UNHEARD, report
from shared.access.model import EVERYTHING, Principal, Scope
from shared.access.store import Directory
from shared.clock import now
from shared.contracts.envelope import Envelope
from shared.contracts.field import (
    AnyTaskReport,
    HouseholdReport,
    TaskAccept,
    TaskDelivery,
    TaskFailure,
    TaskHandover,
    TaskReturn,
)
from shared.database.pool import Transaction
from shared.errors import PeduliError
from shared.messaging.applier import Handler, Lane
from shared.messaging.topology import team_queue
from shared.observability.logs import correlate
from shared.reference import told
from shared.reference.model import Reference
from shared.reference.store import Cities

TASK_REPORTS: dict[str, type[AnyTaskReport]] = {
    "task.accept_submitted.v1": TaskAccept,
    "task.delivery_submitted.v1": TaskDelivery,
    "task.handover_submitted.v1": TaskHandover,
    "task.failure_submitted.v1": TaskFailure,
    "task.return_submitted.v1": TaskReturn,
}
REPORTS: dict[str, type[BaseModel]] = {"household.report_submitted.v1": HouseholdReport, **TASK_REPORTS}


class UnknownTypeError(PeduliError):
    """This type of message is not read here."""


class RefusedError(PeduliError):
    """A report was refused: it is parked, because its sender has no other way to learn of it."""


class AnotherTeamError(PeduliError):
    """A report is in the name of another team than that whose login sent it."""


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
                await _report(tx, read, city, keys)  # type: ignore[arg-type]

    return handle


def team_lanes(directory: Directory, cities: Cities, keys: Keys) -> list[Lane]:
    """A lane for each team with a login: who speaks is sure, because only its login reaches the queue."""
    return [_team_lane(team, directory, cities, keys) for team in directory.with_queue()]


def _team_lane(team: Principal, directory: Directory, cities: Cities, keys: Keys) -> Lane:
    """Scope and limits are looked up anew for each batch, so that a change needs no new lane."""

    def fresh() -> Principal:
        return directory.named(*team.key) or team

    return Lane(
        team_queue(*team.key),
        on_team_reports(cities, keys, lambda: fresh().scope),
        ordered=False,
        serves=cities.serves,
        own=lambda event: dataclasses.replace(event, event_id=f"{team.name}|{event.event_id}"),
        rest=lambda count: directory.limits_of(fresh()).purchases.spend(count, time.monotonic()),
        batch=team.purchases_per_minute,
    )


def on_team_reports(cities: Cities, keys: Keys, scope: Callable[[], Scope]) -> Handler:
    """Reports of one team about tasks of its kelurahan, in the order of their arrival; others are parked."""

    async def handle(tx: Transaction, events: Sequence[Envelope]) -> None:
        allowed = scope()
        for event in events:
            model = TASK_REPORTS.get(event.type)
            if model is None:
                raise UnknownTypeError
            read = model.model_validate(event.data)
            if not allowed.has_source(read.team):
                raise AnotherTeamError
            await _report(tx, read, cities[event.tenant], keys, allowed)

    return handle


async def _report(tx: Transaction, item: AnyTaskReport, city: Reference, keys: Keys, scope: Scope = EVERYTHING) -> None:
    [verdict] = await report(tx, [item], reference=city, keys=keys, now=now(), scope=scope)
    if verdict.outcome in UNHEARD:
        raise RefusedError

"""How this service tells of what it did: one shape for every use case."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

import structlog

from services.distribution.domain.notice import body_of, step_of
from services.distribution.domain.opening import kit_line
from services.distribution.domain.stock import Account, Lot, Movement, Moves, come_back, effect, moved
from services.distribution.domain.task import Decision
from services.distribution.store import stock as stock_store
from services.distribution.store import tasks as task_store
from services.distribution.store import webhooks
from services.distribution.store.tasks import Stored
from services.distribution.store.webhooks import Notice
from shared.contracts.envelope import Outgoing
from shared.contracts.event import Event, outgoing
from shared.contracts.lots import LotAdjusted, LotExpired
from shared.contracts.tasks import (
    TaskAccepted,
    TaskAssigned,
    TaskDelivered,
    TaskEvent,
    TaskFailed,
    TaskHandedOver,
    TaskRecalled,
    TaskReturned,
)
from shared.database.pool import Transaction
from shared.ids import new_id
from shared.messaging import outbox
from shared.reference.model import Reference

SOURCE = "/peduli/distribution"
log = structlog.get_logger()


@dataclass
class Book:
    """What a use case has decided and not written yet: state and events are written together."""

    tenant: str
    now: datetime
    movements: list[Movement] = field(default_factory=list)
    events: list[Outgoing] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def tell(self, event: Event, aggregate: UUID, version: int, correlation: UUID, place: str = "") -> None:
        """Add an event of `aggregate`; when it is a step of a packet, also what webhooks are told of it."""
        event_id = new_id()
        step = step_of(event)
        if step is not None and isinstance(event, TaskEvent):
            self.notices.append(Notice(event_id, step, body_of(event, step)))
        self.events.append(
            outgoing(
                event,
                event_id=event_id,
                tenant=self.tenant,
                aggregate=str(aggregate),
                version=version,
                correlation_id=str(correlation),
                occurred_at=self.now,
                place=place,
            )
        )

    def move(self, lot_id: UUID, source: Account, target: Account, quantity: int, cause: str) -> None:
        """Add a movement; none when nothing moves."""
        if quantity and source != target:
            self.movements.append(Movement(lot_id, source, target, quantity, cause))

    async def write(self, tx: Transaction) -> None:
        """Ledger, outbox and webhooks, in `tx`. What is written is no longer in the book."""
        await stock_store.append_movements(tx, self.movements, self.now)
        await outbox.append(tx, self.events, source=SOURCE)
        await webhooks.append(tx, self.tenant, self.notices, self.now)
        self.movements, self.events, self.notices = [], [], []


def place_of(reference: Reference, kelurahan: str) -> str:
    """The tail of a task's routing key."""
    region = reference.regions[kelurahan]
    return f"{region.kecamatan_code.replace('.', '')}.{kelurahan.replace('.', '')}"


async def carry_out(
    tx: Transaction,
    book: Book,
    stored: Stored,
    decision: Decision,
    reference: Reference,
    *,
    reason: str = "",
    proof: tuple[str, str] | None = None,
) -> None:
    """Save a decided task, move its pieces and tell of it. What is in the lumbung again goes where it belongs."""
    if decision.told is None:
        return
    task, cause = decision.task, f"task:{stored.task_id}:{decision.task.version}"
    await task_store.save(tx, stored.task_id, task, book.now, proof)
    for line in stored.lines:
        book.move(line.lot_id, stored.task.goods, task.goods, line.quantity, cause)
    if task.goods == "available" or task.goods == "returned":
        await _come_back(tx, book, stored, task.goods, cause, decision.told)
    event = event_of(stored, decision, book.now, reason, proof[0] if proof else "")
    place = place_of(reference, stored.kelurahan) if decision.told == "assigned" else ""
    book.tell(event, stored.task_id, task.version, stored.lines[0].purchase_id, place)
    log_step(stored, decision.told)


def log_step(stored: Stored, step: str) -> None:
    """A line of what became of a packet, for every purchase that has goods in it."""
    purchases = sorted({str(line.purchase_id) for line in stored.lines})
    log.info("task_told", step=step, task=str(stored.task_id), correlation=purchases)


async def _come_back(
    tx: Transaction, book: Book, stored: Stored, source: Literal["available", "returned"], cause: str, reason: str
) -> None:
    ids = [line.lot_id for line in stored.lines]
    lots = await stock_store.load_lots(tx, ids)
    departures = await stock_store.list_departures(tx, stored.task_id, ids)
    for line in stored.lines:
        lot = moved(lots[line.lot_id], book.movements)
        on_the_way = book.now - departures.get(line.lot_id, book.now)
        await change_lot(tx, book, lot, come_back(lot, line.quantity, source, book.now, on_the_way), cause, reason)


async def change_lot(
    tx: Transaction, book: Book, lot: Lot, moves: Moves, cause: str, reason: str, *, changed: Lot | None = None
) -> None:
    """Make these moves of a lot and tell of it; `changed` has its new place, expiry and programme. What changes
    nothing is not told.
    """
    for source, target, quantity in moves:
        book.move(lot.lot_id, source, target, quantity, cause)
    changes, now_at = effect(moves), changed or lot
    if not changes and _kind(now_at) == _kind(lot):
        return
    version = await stock_store.queries.save_lot_version(
        tx, lot_id=lot.lot_id, expires_at=now_at.expires_at, kelurahan=now_at.kelurahan, programme=now_at.programme
    )
    bought, over = changes.pop("bought", 0), changes.pop("over_delivered", 0)
    fields = {"lot_id": lot.lot_id, "purchase_id": lot.purchase_id, "line_no": lot.line_no, "sku": lot.sku}
    event: LotExpired
    if changes.keys() == {"expired"} and changes["expired"] > 0 and not (bought or over):
        event = LotExpired(**fields, quantity=changes["expired"], at=book.now)
    else:
        told = {"quantity": bought, "over_delivered": over, "kit_line_no": kit_line(lot)}
        event = LotAdjusted(**fields, **told, **changes, at=book.now, reason=reason)
    book.tell(event, lot.lot_id, version, lot.purchase_id)


def _kind(lot: Lot) -> tuple[datetime, str, str]:
    return lot.expires_at, lot.kelurahan, lot.programme


def event_of(stored: Stored, decision: Decision, now: datetime, reason: str, proof_kind: str) -> Event:
    task = decision.task
    shared = {
        "task_id": stored.task_id,
        "packet_id": stored.packet_id,
        "household_id": stored.household_id,
        "kelurahan": stored.kelurahan,
        "team": task.team,
        "at": now,
        "lines": stored.lines,
    }
    match decision.told:
        case "assigned":
            return TaskAssigned(
                **shared,
                rw=stored.rw,
                deliver_before=stored.deliver_before,
                attempt=task.attempt,
                why=stored.why,
                level=task.level,
            )
        case "accepted":
            assert task.lease_until is not None
            return TaskAccepted(**shared, lease_until=task.lease_until)
        case "handed_over":
            assert task.lease_until is not None
            return TaskHandedOver(**shared, to=task.custody, lease_until=task.lease_until)
        case "delivered":
            return TaskDelivered(**shared, proof_kind=proof_kind)
        case "failed":
            return TaskFailed(**shared, reason=reason, retry_at=task.retry_at)
        case "returned":
            return TaskReturned(**shared, reason=reason)
        case _:
            return TaskRecalled(**shared, reason=reason)

"""A batch of events becomes facts and tallies, in the transaction that claimed it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from services.reporting.domain.contribution import Deltas, PurchaseFact, hashtags_of, of_purchase
from services.reporting.store import facts as store
from shared.contracts.envelope import Envelope
from shared.contracts.event import moment, whole
from shared.database.pool import Transaction
from shared.reference.store import Cities

_STEPS = ("assigned", "accepted", "handed_over", "delivered", "failed", "returned", "recalled")
_TASKS = tuple(f"task.{name}.v1" for name in _STEPS)
_WHOLE = ("purchase.recorded.v1", "purchase.corrected.v1")


async def project(tx: Transaction, events: Sequence[Envelope], *, cities: Cities) -> None:
    """Apply events of any cities; types that reporting has no fact for are ignored.

    Raises KeyError, ValueError on a wrong body.
    """
    purchases = [event for event in events if event.type in (*_WHOLE, "purchase.voided.v1")]
    if purchases:
        await _purchases(tx, purchases, cities)
    tasks = [event for event in events if event.type in _TASKS]
    if tasks:
        await _tasks(tx, tasks, cities)
    for event in events:
        await _other(tx, event)
    await _freshness(tx, events)


async def _freshness(tx: Transaction, events: Sequence[Envelope]) -> None:
    lasts: dict[tuple[str, str], datetime] = {}
    for event in events:
        key = event.tenant, event.type.partition(".")[0]
        if event.time:
            lasts[key] = max(lasts.get(key, event.time), event.time)
    if lasts:
        keys = sorted(lasts)
        await store.queries.save_freshness(
            tx,
            tenants=[tenant for tenant, _ in keys],
            topics=[topic for _, topic in keys],
            lasts=[lasts[key] for key in keys],
        )


async def _purchases(tx: Transaction, events: Sequence[Envelope], cities: Cities) -> None:
    known = await store.load_purchases(tx, sorted({event.data["purchase_id"] for event in events}))
    before = dict(known)
    bodies: dict[str, dict[str, Any]] = {}
    wanted: dict[str, frozenset[str]] = {}
    deltas = Deltas()
    changed: dict[str, PurchaseFact] = {}
    for event in events:
        key = event.data["purchase_id"]
        old, city = known.get(key), cities[event.tenant]
        fact = of_purchase(old, event.type, event.version, event.data, city)
        if fact is None:
            continue
        if old is not None:
            deltas.add(old, -1)
        deltas.add(fact, 1)
        known[key] = changed[key] = fact
        if event.type in _WHOLE:
            bodies[key], wanted[key] = event.data, hashtags_of(event.data, city)
    await store.save_purchases(tx, [changed[key] for key in sorted(changed)])
    await store.save_details(tx, bodies, wanted, [key for key in bodies if key in before])
    await store.save_deltas(tx, deltas)


async def _tasks(tx: Transaction, events: Sequence[Envelope], cities: Cities) -> None:
    regions: dict[tuple[str, date], list[int]] = {}
    lines: dict[tuple[str, str], dict[str, Any]] = {}  # a later event knows what was handed over of them
    for event in sorted(events, key=lambda event: event.version):
        step = event.type.split(".")[1]
        status = "accepted" if step == "handed_over" else step  # another hand, the same team
        at = moment(event.data["at"])
        day = cities[event.tenant].date_of(at)
        if step in store.REGION_FIELDS:
            sums = regions.setdefault((event.data["kelurahan"], day), [0] * len(store.REGION_FIELDS))
            sums[store.REGION_FIELDS.index(step)] += 1
        if step == "delivered":
            sums[-1] += sum(line["quantity"] for line in event.data["lines"])
        lines |= {(event.data["task_id"], line["lot_id"]): line for line in event.data["lines"]}
        times = {name: at if step == name.removesuffix("_at") else None for name in _TIMES}
        await store.queries.save_tasks(
            tx,
            task_id=[event.data["task_id"]],
            tenant=[event.tenant],
            version=[event.version],
            status=[status],
            household_id=[event.data["household_id"]],
            kelurahan=[event.data["kelurahan"]],
            attempts=[int(step == "assigned")],
            failures=[int(step == "failed")],
            **{name: [time] for name, time in times.items()},
        )
    await store.queries.append_task_lines(
        tx,
        task_ids=[task_id for task_id, _ in lines],
        purchase_ids=[line["purchase_id"] for line in lines.values()],
        line_nos=[line["line_no"] for line in lines.values()],
        lot_ids=[lot_id for _, lot_id in lines],
        skus=[line["sku"] for line in lines.values()],
        quantities=[whole(line["quantity"]) for line in lines.values()],
    )
    await store.save_regions(tx, regions)


_TIMES = ("assigned_at", "accepted_at", "delivered_at", "returned_at", "recalled_at")


async def _other(tx: Transaction, event: Envelope) -> None:
    if event.type.startswith("household."):
        await _household(tx, event)
    elif event.type == "purchase.rejected.v1":
        await _rejection(tx, event)
    elif event.type == "pledge.recorded.v1":
        await _pledge(tx, event)
    elif event.type in ("lot.expired.v1", "lot.adjusted.v1"):
        await _stock_change(tx, event)


async def _household(tx: Transaction, event: Envelope) -> None:
    body = event.data
    await store.queries.save_household(
        tx,
        household_id=body["household_id"],
        tenant=event.tenant,
        version=event.version,
        kelurahan=body["kelurahan"],
        size=body.get("size", 0),
        isolation_from=_time(body.get("isolation_from")),
        isolation_until=_time(body.get("isolation_until")),
        is_released=event.type == "household.released.v1",
    )


async def _rejection(tx: Transaction, event: Envelope) -> None:
    body = event.data
    await store.queries.save_rejection(
        tx,
        submission_id=body["submission_id"],
        tenant=event.tenant,
        source=body["source"],
        codes=[reason["code"] for reason in body["reasons"]],
        rejected_at=event.time,
    )


async def _pledge(tx: Transaction, event: Envelope) -> None:
    body = event.data
    await store.queries.save_pledge(
        tx,
        pledge_id=body["pledge_id"],
        tenant=event.tenant,
        version=event.version,
        unit_code=body["unit_code"],
        programme=body["programme"],
        round=date.fromisoformat(body["round"]),
        pledged_idr=body["sum_idr"],
        pledged_packets=body["packets"],
        is_late=body["is_late"],
        pledged_at=_time(body["pledged_at"]),
    )


async def _stock_change(tx: Transaction, event: Envelope) -> None:
    body = event.data
    await store.queries.save_stock_change(
        tx,
        lot_id=body["lot_id"],
        tenant=event.tenant,
        version=event.version,
        kind=event.type.split(".")[1],
        purchase_id=body["purchase_id"],
        line_no=body["line_no"],
        sku=body["sku"],
        quantity=whole(body["quantity"]),
        at=_time(body["at"]),
        **{name: whole(body.get(name, 0)) for name in ("over_delivered", "damaged", "withdrawn", "expired")},
    )


def _time(text: str | None) -> datetime | None:
    return moment(text) if text else None

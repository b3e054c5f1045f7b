"""A batch of events becomes facts and tallies, in the transaction that claimed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from services.reporting.domain.contribution import Deltas, PurchaseFact, hashtags_of, of_purchase
from services.reporting.store import facts as store
from services.reporting.store import standing
from shared.contracts.envelope import Envelope
from shared.contracts.event import moment, whole
from shared.database.pool import Transaction
from shared.reference.store import Cities

_STEPS = ("assigned", "accepted", "handed_over", "delivered", "failed", "returned", "recalled")
_TASKS = tuple(f"task.{name}.v1" for name in _STEPS)
_WHOLE = ("purchase.recorded.v1", "purchase.corrected.v1")
_PURCHASES = (*_WHOLE, "purchase.voided.v1")
_HOUSEHOLDS = tuple(f"household.{name}.v1" for name in ("registered", "changed", "released"))
_LOTS = ("lot.expired.v1", "lot.adjusted.v1")
_STANDING = {*_PURCHASES, *_TASKS, *_HOUSEHOLDS, *_LOTS}
Row = dict[str, Any]
_TASK = (
    *("task_id", "tenant", "version", "status", "household_id", "kelurahan", "attempts", "failures", "assigned_at"),
    *("accepted_at", "delivered_at", "returned_at", "recalled_at"),
)
_TASK_LINE = ("task_id", "purchase_id", "line_no", "lot_id", "sku", "quantity")
_PLEDGE = (
    *("pledge_id", "tenant", "version", "unit_code", "programme", "round"),
    *("pledged_idr", "pledged_packets", "is_late", "pledged_at"),
)
_REJECTION = ("submission_id", "tenant", "source", "codes", "rejected_at", "local_date")
_GROUP = ("households", "packets", "pieces")
_RECIPIENTS = ("count_id", "recipients", "tenant", "programme", "first_date", "last_date", *_GROUP)
_HOUSEHOLD: Row = {
    **dict.fromkeys(("household_id", "tenant", "version", "kelurahan")),
    "size": 0,
    "isolation_from": None,
    "isolation_until": None,
    "is_released": False,
    "released_at": None,
}


async def project(tx: Transaction, events: Sequence[Envelope], *, cities: Cities, counts_standing: bool = True) -> None:
    """Apply events of any cities, each aggregate's in turn; types that reporting has no fact for are ignored.

    A rebuild counts what stands once, when all is read (`counts_standing`). Raises KeyError, ValueError on a wrong
    body.
    """
    deltas = await _purchases(tx, [event for event in events if event.type in _PURCHASES], cities)
    regions = await _tasks(tx, [event for event in events if event.type in _TASKS], cities)
    await _others(tx, events)
    await standing.queries.claim_standing(tx)
    await store.save_deltas(tx, deltas)
    await store.save_regions(tx, regions)
    await _rejections(tx, events, cities)
    if counts_standing:
        await _standing(tx, events)
    await _freshness(tx, events)


def purchases_of(event: Envelope) -> list[str]:
    """The purchases that an event is about: a packet has goods of several; else what it correlates with."""
    if event.type in _TASKS:
        return [line["purchase_id"] for line in event.data["lines"]]
    return [event.correlation_id]


async def _standing(tx: Transaction, events: Sequence[Envelope]) -> None:
    """Count anew what several aggregates tell together, whichever of them came last."""
    told = [event for event in events if event.type in _STANDING]
    if not told:
        return
    tasks = {event.data["task_id"] for event in told if event.type == "task.delivered.v1"}
    households = {event.data["household_id"] for event in told if event.type.startswith("household.")}
    bought = {event.data["purchase_id"] for event in told if event.type in _WHOLE}
    moved = {purchase for event in told if event.type not in _HOUSEHOLDS for purchase in _moved(event)}
    if tasks or households or bought:
        await standing.queries.save_hours(
            tx, tasks=sorted(tasks), households=sorted(households), purchases=sorted(bought)
        )
    if moved:
        await standing.queries.save_stock(tx, purchases=sorted(moved))
    if any(event.type == "purchase.corrected.v1" for event in told):
        await standing.queries.delete_empty_stock(tx)


def _moved(event: Envelope) -> list[str]:
    """The purchases whose pieces are in another place after an event."""
    return purchases_of(event) if event.type in _TASKS else [event.data["purchase_id"]]


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


async def _purchases(tx: Transaction, events: Sequence[Envelope], cities: Cities) -> Deltas:
    """Save the facts, and tell what they add to the tallies."""
    told = {event.data["purchase_id"] for event in events}
    known = await store.load_purchases(tx, sorted(told - _new(events, "purchase_id")))
    before = dict(known)
    bodies: dict[str, dict[str, Any]] = {}
    wanted: dict[str, frozenset[str]] = {}
    deltas = Deltas()
    changed: dict[str, PurchaseFact] = {}
    for event in events:
        key = event.data["purchase_id"]
        old, city = known.get(key), cities[event.tenant]
        fact = of_purchase(old, event.type, event.version, event.data, city, event.time)
        if fact is None:
            continue
        if old is not None:
            deltas.add(old, -1)
        else:
            deltas.add_told(fact)
        deltas.add(fact, 1)
        known[key] = changed[key] = fact
        if event.type in _WHOLE:
            bodies[key], wanted[key] = event.data, hashtags_of(event.data, city)
    await store.save_purchases(tx, [changed[key] for key in sorted(changed)], before)
    await store.save_details(tx, bodies, wanted, [key for key in bodies if key in before])
    return deltas


async def _tasks(tx: Transaction, events: Sequence[Envelope], cities: Cities) -> dict[tuple[str, date], list[int]]:
    """Save the facts, and tell what they add to the tallies of kelurahan."""
    regions: dict[tuple[str, date], list[int]] = {}
    tasks: dict[str, Row] = {}
    lines: dict[tuple[str, str], Row] = {}  # a later event knows what was handed over of them
    for event in sorted(events, key=lambda event: event.version):
        body, step, at = event.data, event.type.split(".")[1], moment(event.data["at"])
        if step in store.REGION_FIELDS:
            day = cities[event.tenant].date_of(at)
            sums = regions.setdefault((body["kelurahan"], day), [0] * len(store.REGION_FIELDS))
            sums[store.REGION_FIELDS.index(step)] += 1
            if step == "delivered":
                sums[-1] += sum(line["quantity"] for line in body["lines"])
        tasks[body["task_id"]] = _task(tasks.get(body["task_id"]), event, step, at)
        for line in body["lines"]:
            lines[body["task_id"], line["lot_id"]] = {
                "task_id": body["task_id"],
                **line,
                "quantity": whole(line["quantity"]),
            }
    known = tasks.keys() - _new(events, "task_id")
    await store.save_told(tx, "fct_task", _rows(_TASK, tasks), _TASK, known, store.queries.save_tasks)
    await store.save_told(
        tx, "fct_task_line", _rows(_TASK_LINE, lines), _TASK_LINE, known, store.queries.save_task_lines
    )
    return regions


def _new(events: Iterable[Envelope], key: str) -> set[str]:
    """The keys of what begins in this batch: events come in turn, so that nobody knows it yet."""
    return {event.data[key] for event in events if event.version == 1}


def _rows(names: Sequence[str], rows: Mapping[Any, Row]) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows.values()]


def _task(before: Row | None, event: Envelope, step: str, at: datetime) -> Row:
    """What a batch tells of a task so far, with one event more; in another hand it is still accepted by its team."""
    row: Row = before or {**dict.fromkeys(_TASK), "attempts": 0, "failures": 0}
    row = row | {name: event.data[name] for name in ("task_id", "household_id", "kelurahan")}
    row |= {"tenant": event.tenant, "version": event.version, "status": "accepted" if step == "handed_over" else step}
    if step == "failed":
        row["failures"] += 1
    elif step == "assigned":
        row |= {"attempts": row["attempts"] + 1, "assigned_at": row["assigned_at"] or at}
    elif step != "handed_over":
        row[f"{step}_at"] = at
    return row


async def _others(tx: Transaction, events: Sequence[Envelope]) -> None:
    """Each kind in one statement; of a household and a pledge only what stands after the batch."""
    households: dict[str, Row] = {}
    pledges: dict[str, Row] = {}
    changes: list[Row] = []
    recipients: list[Row] = []
    for event in events:
        common = {"tenant": event.tenant, "version": event.version}
        key = event.data.get("household_id", "")
        if event.type.startswith("household."):
            households[key] = households.get(key, _HOUSEHOLD) | common | _household(event)
        elif event.type == "pledge.recorded.v1":
            row, first = common | _pledge(event), pledges.get(event.data["pledge_id"])
            earliest = {"pledged_at": min(first["pledged_at"], row["pledged_at"])} if first else {}
            pledges[event.data["pledge_id"]] = row | earliest
        elif event.type in _LOTS:
            changes.append(common | _stock_change(event))
        elif event.type == "recipients.counted.v1":
            recipients += _recipients(event)
    if households:
        known = households.keys() - _new((event for event in events if event.type in _HOUSEHOLDS), "household_id")
        names = tuple(_HOUSEHOLD)
        rows = _rows(names, households)
        await store.save_told(tx, "fct_household", rows, names, known, store.queries.save_households)
    if pledges:
        await store.queries.save_pledges(tx, **_columns(_PLEDGE, list(pledges.values())))
    if changes:
        await store.queries.append_stock_changes(tx, **_columns(tuple(changes[0]), changes))
    if recipients:
        await store.queries.append_recipients(tx, **_columns(_RECIPIENTS, recipients))


async def _rejections(tx: Transaction, events: Sequence[Envelope], cities: Cities) -> None:
    """Refused submissions and their tallies, each submission once."""
    rows: dict[str, Row] = {}
    for event in events:
        if event.type == "purchase.rejected.v1":
            rows.setdefault(event.data["submission_id"], _rejection(event, cities))
    if rows:
        await store.queries.append_rejections(tx, **_columns(_REJECTION, list(rows.values())))


def _columns(names: Sequence[str], rows: Sequence[Row]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in names}


def _household(event: Envelope) -> Row:
    body = event.data
    row = {"household_id": body["household_id"], "kelurahan": body["kelurahan"]}
    if event.type == "household.released.v1":
        return row | {"is_released": True, "released_at": moment(body["released_at"])}
    days = {name: moment(body[name]) for name in ("isolation_from", "isolation_until")}
    return row | days | {"size": body["size"], "is_released": False, "released_at": None}


def _rejection(event: Envelope, cities: Cities) -> Row:
    if event.time is None:
        raise ValueError("a refusal has its time")
    codes = "|".join(reason["code"] for reason in event.data["reasons"])
    told = {"submission_id": event.data["submission_id"], "tenant": event.tenant, "source": event.data["source"]}
    return told | {"codes": codes, "rejected_at": event.time, "local_date": cities[event.tenant].date_of(event.time)}


def _pledge(event: Envelope) -> Row:
    body = event.data
    return {name: body[name] for name in ("pledge_id", "unit_code", "programme", "is_late")} | {
        "round": date.fromisoformat(body["round"]),
        "pledged_idr": body["sum_idr"],
        "pledged_packets": body["packets"],
        "pledged_at": moment(body["pledged_at"]),
    }


def _stock_change(event: Envelope) -> Row:
    body = event.data
    return {name: body[name] for name in ("lot_id", "purchase_id", "line_no", "sku")} | {
        "kind": event.type.split(".")[1],
        "quantity": whole(body["quantity"]),
        "at": moment(body["at"]),
        **{name: whole(body.get(name, 0)) for name in ("over_delivered", "damaged", "withdrawn", "expired", "opened")},
        "kit_line_no": body.get("kit_line_no"),
    }


def _recipients(event: Envelope) -> list[Row]:
    """A row for each of the two groups of a count."""
    body = event.data
    common = {"count_id": body["count_id"], "tenant": event.tenant, "programme": body["programme"]}
    common |= {f"{end}_date": date.fromisoformat(body[end]) for end in ("first", "last")}
    return [
        common | {"recipients": group} | {name: whole(body[group][name]) for name in _GROUP}
        for group in ("warga", "aparatur")
    ]

"""The registry changes: in this service's own tables and, by events of the same transaction, in everybody's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.purchases.domain.registry import Change, changes, retired
from services.purchases.store import registry as registry_store
from services.purchases.usecases.intake import SOURCE
from shared.contracts.envelope import Outgoing
from shared.contracts.event import outgoing
from shared.database.pool import Transaction
from shared.ids import derived_id, new_id
from shared.messaging import outbox
from shared.reference import store
from shared.reference.merge import items_of, known_in
from shared.reference.model import Item, Reference
from shared.reference.rows import Kind, Wrong, read_sheet
from shared.reference.store import UnknownCityError
from shared.reference.told import event_of


@dataclass(frozen=True)
class Preview:
    """What a file would change, and what is wrong in it; `items` are those of its right rows."""

    items: tuple[Item, ...]
    changes: tuple[Change, ...]
    wrong: tuple[Wrong, ...]


async def city_of(tx: Transaction, tenant: str) -> Reference:
    """The city as it stands in the database; raises `UnknownCityError`."""
    found = await store.read(tx, [tenant])
    if not found:
        raise UnknownCityError(hint="`peduli city list` shows the cities that are loaded")
    return found[0]


async def preview(tx: Transaction, tenant: str, kind: Kind, rows: Sequence[Mapping[str, str]]) -> Preview:
    """What loading these rows would change; changes nothing."""
    city = await city_of(tx, tenant)
    sheet = read_sheet(kind, rows, city)
    items = tuple(sheet.items.values())
    return Preview(items, tuple(changes(city, items)), sheet.wrong)


async def save(tx: Transaction, tenant: str, items: Iterable[Item], *, now: datetime) -> list[Change]:
    """Bring items of a city to a new state and tell of those that change; returns these."""
    await store.claim_city(tx, tenant)
    city = await city_of(tx, tenant)
    found = changes(city, items)
    await tell(tx, city, found, now)
    return found


async def load_city(tx: Transaction, city: Reference, *, now: datetime) -> list[Change]:
    """Load a whole city. When it is known already, tell what changes: events on their way must not bring old states
    back where it was loaded too. Returns these changes.
    """
    before = await store.save(tx, city)
    if before is None:
        return []
    found = changes(before, items_of(city))
    await tell(tx, city, found, now)
    return found


async def retire(tx: Transaction, tenant: str, kind: Kind, code: str, day: date | None, *, now: datetime) -> date:
    """Nothing can be bought with an item from `day` (None: today, in the city's zone) on; returns that day.

    Raises `UnknownItemError`.
    """
    await store.claim_city(tx, tenant)
    city = await city_of(tx, tenant)
    since = day or city.date_of(now)
    await put(tx, city, retired(city, kind, code, since), now)
    return since


async def restore(tx: Transaction, tenant: str, kind: Kind, code: str, *, now: datetime) -> None:
    """A retirement is taken back, for all days. Raises `UnknownItemError`."""
    await store.claim_city(tx, tenant)
    city = await city_of(tx, tenant)
    await put(tx, city, retired(city, kind, code, None), now)


async def reckon_turnover(tx: Transaction, tenant: str) -> None:
    """What each seller of a city sold, anew: a count kept with each purchase would make its sellers wait in line."""
    await registry_store.queries.delete_turnover(tx, tenant=tenant)
    await registry_store.queries.append_turnover(tx, tenant=tenant)


async def put(tx: Transaction, city: Reference, item: Item, now: datetime) -> None:
    """An item in exactly this state, its retirement too; tells nothing when it is so already."""
    before = known_in(city, item)
    if before != item:
        await tell(tx, city, [Change(before, item)], now)


async def tell(tx: Transaction, city: Reference, found: Sequence[Change], now: datetime) -> None:
    """Save changed items, each with its next version, and the events that tell of them."""
    versions = await registry_store.load_versions(tx, city.tenant, [change.code for change in found])
    told: list[tuple[Item, int]] = []
    events: list[Outgoing] = []
    for change in found:
        event = event_of(change.after, city.date_of(now))
        topic = event.TYPE.partition(".")[0]
        version = versions.get((topic, change.code), 0) + 1
        aggregate = str(derived_id(topic, city.tenant, change.code))
        told.append((change.after, version))
        events.append(
            outgoing(
                event,
                event_id=new_id(),
                tenant=city.tenant,
                aggregate=aggregate,
                version=version,
                correlation_id=aggregate,
                occurred_at=now,
            )
        )
    await store.save_items(tx, city.tenant, told)
    await outbox.append(tx, events, source=SOURCE)

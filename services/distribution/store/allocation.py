"""What an allocation reads beside lots, households and tasks, and the waiting list that it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.distribution.domain.allocation.schedule import LEARNS_FROM, a_day
from services.distribution.domain.allocation.snapshot import Waiting
from services.distribution.domain.stock import Lot
from shared.database.pool import Transaction
from shared.database.queries import load_queries

queries = load_queries(__file__)
ENOUGH = 20  # deliveries in a kelurahan, below which its hours tell nothing


class Learned(NamedTuple):
    """What the last days teach: doors served today and hours to a door by kelurahan, and packets a day of the city."""

    done_today: dict[str, int]
    door_hours: dict[str, float]
    packets_a_day: float


async def load_learned(tx: Transaction, tenant: str, today: datetime, now: datetime) -> Learned:
    """What is learned of a city; `today` is when its day began."""
    done = await queries.count_done(tx, tenant=tenant, since=today)
    hours = await queries.load_door_hours(tx, tenant=tenant, since=now - LEARNS_FROM, enough=ENOUGH)
    assigned = await queries.count_assigned(tx, tenant=tenant, since=now - LEARNS_FROM)
    return Learned(
        {row["kelurahan"]: row["doors"] for row in done},
        {row["kelurahan"]: row["hours"] for row in hours},
        a_day(assigned["packets"], assigned["first_at"], now),
    )


async def load_lots(tx: Transaction, ids: Iterable[UUID]) -> dict[UUID, Lot]:
    """Lots of packets by their ids, without their balances."""
    rows = await queries.load_lots(tx, ids=sorted(set(ids)))
    return {row["lot_id"]: Lot(**{field: row[name] for name, field in LOT.items()}) for row in rows}


LOT = {name: name for name in ("lot_id", "purchase_id", "line_no", "sku", "kelurahan", "expires_at", "programme")}
LOT["bought"] = "quantity"


async def save_waiting(tx: Transaction, tenant: str, waiting: Mapping[UUID, Waiting]) -> None:
    """The waiting list of a city, instead of the one before; who waited keeps the time since when."""
    rows = [(household, told) for household, told in waiting.items() if told.code != "HAS_OPEN_PACKET"]
    await queries.save_waiting(
        tx,
        tenant=tenant,
        ids=[household for household, _ in rows],
        reasons=[told.code for _, told in rows],
        promised_ats=[told.promised_at for _, told in rows],
    )

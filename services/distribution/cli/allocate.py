"""`peduli allocate`: what an operator asks of the allocation, and the weekly plan, at a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.distribution.domain.allocation.snapshot import Plan, Rules, Snapshot
from services.distribution.domain.explain import READERS, Reader, explain_packet, explain_waiting
from services.distribution.domain.rounds import Line, Move
from services.distribution.domain.stock import Lot
from services.distribution.store.allocation import queries
from services.distribution.usecases import allocate, rounds
from shared import clock
from shared.database.pool import Row, Transaction
from shared.errors import PeduliError
from shared.ids import derived_id
from shared.reference.model import Reference
from shared.reference.terminal import within_city

__all__ = ["READERS", "Allocations", "Move", "Reader", "Rules"]


class Allocations:
    """The allocation of one city, over a database URL whose role may write the schema of distribution."""

    def __init__(self, database_url: str, tenant: str) -> None:
        self._url = database_url
        self._tenant = tenant

    def _within(self) -> AbstractAsyncContextManager[tuple[Transaction, Reference]]:
        return within_city(self._url, "distribution", self._tenant)

    async def explain(self, identity: UUID, reader: Reader) -> dict[str, Any]:
        """What a task brings, until when and why, or why a household waits: its codes, and sentences for `reader`.

        Raises `PeduliError` when neither is known.
        """
        async with self._within() as (tx, city):
            found = await queries.find_decision(tx, tenant=city.tenant, task_id=identity)
            if found is not None:
                rows = await queries.list_goods(tx, task_id=identity)
                goods = {_name(city, row): row["quantity"] for row in rows}
                before = found["deliver_before"].astimezone(city.zone)
                return {**dict(found), "text": explain_packet(found["why"], goods, before, reader)}
            waits = await queries.find_waiting(tx, tenant=city.tenant, household_id=identity)
            if waits is None:
                raise PeduliError(
                    f"{identity} is no task, and no household that waits", hint="`peduli trace` finds more"
                )
            promised = waits["promised_at"]
            there = promised.astimezone(city.zone) if promised else None
            return {**dict(waits), "text": explain_waiting(waits["reason"], there, reader)}

    async def what_if(self, rules: Rules, goods: Sequence[tuple[str, int, str]]) -> dict[str, Any]:
        """What an allocation would do now, in numbers and packets, with more goods as (sku, pieces, kelurahan).

        Nothing is changed.
        """
        async with self._within() as (tx, city):
            wished = [_lot(city, number, *told) for number, told in enumerate(goods)]
            made = await allocate.what_if(tx, reference=city, rules=rules, now=clock.now(), goods=wished)
        return _told(*made) if made else _told(Snapshot((), (), {}, {}), Plan((), {}))

    async def improve(self, rules: Rules) -> int:
        """Improve now what nobody has accepted; returns the packets that changed."""
        async with self._within() as (tx, city):
            return await allocate.improve_city(tx, reference=city, rules=rules, now=clock.now())

    async def tell_needs(self, programme: str, round_: date, needs: Mapping[str, int]) -> None:
        """Persons in need by kecamatan."""
        async with self._within() as (tx, city):
            await rounds.tell_needs(tx, city, programme, round_, needs, now=clock.now())

    async def plan_round(self, programme: str, round_: date) -> dict[str, Any]:
        """Make the plan of a week; `changed` tells what differs from the one before."""
        async with self._within() as (tx, city):
            sheet, differing = await rounds.make_plan(tx, city, programme, round_, now=clock.now())
            return {**rounds.in_words(sheet, city), "changed": [_differs(*pair) for pair in differing]}

    async def show_round(self, programme: str, round_: date) -> dict[str, Any]:
        """The plan as it stands."""
        async with self._within() as (tx, city):
            return rounds.in_words(await rounds.read_sheet(tx, city, programme, round_), city)

    async def change_round(
        self, programme: str, round_: date, move: Move, *, reason: str, changed_by: str
    ) -> dict[str, Any]:
        """Move packets to another kecamatan, with the reason."""
        async with self._within() as (tx, city):
            sheet = await rounds.change_plan(
                tx, city, programme, round_, move, reason=reason, changed_by=changed_by, now=clock.now()
            )
            return rounds.in_words(sheet, city)


def _name(city: Reference, row: Row) -> str:
    product = city.products.get(row["sku"])
    return product.name if product else row["name"]


def _lot(city: Reference, number: int, sku: str, pieces: int, kelurahan: str) -> Lot:
    """Goods that are not there yet."""
    if sku not in city.products or kelurahan not in city.kelurahan or pieces <= 0:
        raise PeduliError(
            f"{sku}:{pieces}@{kelurahan} cannot be", hint="SKU:PIECES@KELURAHAN, as the registry has them"
        )
    identity = derived_id("what-if", str(number), sku, kelurahan)
    until = clock.now() + timedelta(hours=city.products[sku].shelf_life_hours)
    return Lot(identity, identity, 1, sku, kelurahan, pieces, until, {"available": pieces})


def _told(snapshot: Snapshot, plan: Plan) -> dict[str, Any]:
    """A plan in numbers and lines; ids of households are opaque."""
    first = [packet.household.size for packet in plan.packets if packet.household.packets == 0]
    return {
        "households": len(snapshot.households),
        "packets": [
            {
                "household_id": packet.household.household_id,
                "kelurahan": packet.household.kelurahan,
                "goods": {lot.sku: pieces for lot, pieces in packet.lines},
                "arrives_at": packet.arrives_at,
                "why": packet.why,
            }
            for packet in plan.packets
        ],
        "persons_reached_first": sum(first),
        "pieces": sum(pieces for packet in plan.packets for _, pieces in packet.lines),
        "pieces_from_another_kecamatan": plan.spilled,
        "pieces_that_stay": sum(plan.idle.values()),
        "waiting": dict(sorted(Counter(told.code for told in plan.waiting.values()).items())),
        "promised": sum(told.promised_at is not None for told in plan.waiting.values()),
    }


def _differs(before: Line | None, after: Line | None) -> dict[str, Any]:
    line = after or before
    assert line is not None
    return {
        "unit_code": line.unit,
        "kecamatan_code": line.kecamatan,
        "before": before.packets if before else 0,
        "after": after.packets if after else 0,
    }

"""Rows of rounds, typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.distribution.domain.rounds import Line, Move
from shared.contracts.pledges import PledgeRecorded
from shared.database.pool import Transaction
from shared.database.queries import load_queries

queries = load_queries(__file__)


@dataclass(frozen=True)
class Key:
    """Which round: of a city and a programme, by its Monday."""

    tenant: str
    programme: str
    round: date

    @property
    def columns(self) -> dict[str, Any]:
        """As the queries take it."""
        return {"tenant": self.tenant, "programme": self.programme, "round": self.round}


async def save_pledges(tx: Transaction, told: Sequence[tuple[str, int, PledgeRecorded]]) -> None:
    """Pledges as (tenant, version, event), one per pledge."""
    if told:
        await queries.save_pledges(
            tx,
            ids=[pledge.pledge_id for _, _, pledge in told],
            tenants=[tenant for tenant, _, _ in told],
            programmes=[pledge.programme for _, _, pledge in told],
            rounds=[pledge.round for _, _, pledge in told],
            units=[pledge.unit_code for _, _, pledge in told],
            versions=[version for _, version, _ in told],
            packets=[pledge.packets for _, _, pledge in told],
        )


async def load_pledged(tx: Transaction, key: Key) -> dict[str, int]:
    """Packets by unit."""
    return {row["unit_code"]: row["packets"] for row in await queries.load_pledged(tx, **key.columns)}


async def load_needs(tx: Transaction, key: Key) -> dict[str, int]:
    """Persons in need by kecamatan."""
    return {row["kecamatan_code"]: row["persons"] for row in await queries.load_needs(tx, **key.columns)}


async def save_needs(tx: Transaction, key: Key, needs: Mapping[str, int], *, is_told: bool) -> None:
    """Persons in need by kecamatan, as told by the kecamatan or as counted from the households."""
    kecamatan, persons = list(needs), list(needs.values())
    await queries.save_needs(tx, kecamatan=kecamatan, persons=persons, is_told=is_told, **key.columns)


async def load_lines(tx: Transaction, key: Key) -> list[Line]:
    """The plan as it stands."""
    rows = await queries.load_lines(tx, **key.columns)
    return [Line(row["unit_code"], row["kecamatan_code"], row["packets"], tuple(row["why"])) for row in rows]


async def save_lines(tx: Transaction, key: Key, lines: Sequence[Line], before: datetime, now: datetime) -> None:
    """The plan instead of the one before."""
    await queries.save_lines(
        tx,
        units=[line.unit for line in lines],
        kecamatan=[line.kecamatan for line in lines],
        packets=[line.packets for line in lines],
        whys=["|".join(line.why) for line in lines],
        carry_before=before,
        now=now,
        **key.columns,
    )


async def load_moves(tx: Transaction, key: Key) -> list[Move]:
    """What people changed, in their order."""
    rows = await queries.load_changes(tx, **key.columns)
    return [Move(row["unit_code"], row["from_kecamatan"], row["to_kecamatan"], row["packets"]) for row in rows]

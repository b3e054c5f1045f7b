"""Households are registered, change, and are released."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from services.distribution.domain.task import recall
from services.distribution.store import households as store
from services.distribution.store import stock as stock_store
from services.distribution.store import tasks as task_store
from services.distribution.usecases.recalling import recall_unfit
from services.distribution.usecases.telling import Book, carry_out
from shared.contracts.field import HouseholdReport
from shared.contracts.households import HouseholdChanged, HouseholdRegistered, HouseholdReleased
from shared.contracts.reasons import Reason
from shared.database.pool import Row, Transaction
from shared.privacy import keyed_hash
from shared.reference.model import Reference


@dataclass(frozen=True)
class Keys:
    """Secrets: of opaque ids, and of what rests sealed."""

    hash_key: bytes
    seal_key: bytes


@dataclass(frozen=True)
class Verdict:
    """The answer to a household report."""

    household_id: UUID
    version: int
    outcome: str
    reasons: tuple[Reason, ...] = ()


def household_id(tenant: str, source: str, reference: str, keys: Keys) -> UUID:
    """The opaque id of a household: equal for the same reporter's reference, and not to be guessed without the key."""
    return UUID(keyed_hash(keys.hash_key, f"household|{tenant}|{source}|{reference}"))


async def register(
    tx: Transaction,
    reports: Sequence[tuple[str, HouseholdReport]],
    *,
    reference: Reference,
    keys: Keys,
    now: datetime,
) -> list[Verdict]:
    """Apply (source, report) pairs in order; one verdict each. A report that changes nothing is known."""
    verdicts = []
    for source, report in reports:
        identity = household_id(reference.tenant, source, report.household_ref, keys)
        region = reference.regions.get(report.kelurahan)
        if region is None or not region.is_kelurahan:
            reason = Reason.of("UNKNOWN_KELURAHAN", "kelurahan")
            verdicts.append(Verdict(identity, 0, "rejected", (reason,)))
            continue
        verdicts.append(await _register(tx, identity, report, reference, keys, now))
    await stock_store.queries.save_due(tx, tenants=[reference.tenant])
    return verdicts


async def _register(
    tx: Transaction, identity: UUID, report: HouseholdReport, reference: Reference, keys: Keys, now: datetime
) -> Verdict:
    before = await store.claim(tx, identity)
    if before is not None and _same(before, report):
        return Verdict(identity, before["version"], "known")
    version = (before["version"] if before else 0) + 1
    await store.save(tx, reference.tenant, identity, version, report, keys.seal_key)
    book = Book(reference.tenant, now)
    if report.released is not None:
        told = HouseholdReleased(
            household_id=identity, kelurahan=report.kelurahan, reason=report.released, released_at=now
        )
        book.tell(told, identity, version, identity)
        open_tasks = await task_store.queries.list_open_of_household(tx, household_id=identity)
        for stored in (await task_store.claim(tx, reference.tenant, [row["task_id"] for row in open_tasks])).values():
            await carry_out(tx, book, stored, recall(stored.task), reference, reason="released")
    else:
        kind = HouseholdRegistered if before is None else HouseholdChanged
        book.tell(
            kind(
                household_id=identity,
                kelurahan=report.kelurahan,
                size=report.size,
                groups=tuple(sorted(set(report.groups))),
                isolation_from=report.isolation_from.astimezone(UTC),
                isolation_until=report.isolation_until.astimezone(UTC),
            ),
            identity,
            version,
            identity,
        )
    await book.write(tx)
    if before is not None:
        await recall_unfit(tx, reference=reference, now=now, household_id=identity)
    return Verdict(identity, version, "registered" if before is None else "changed")


def _same(row: Row, report: HouseholdReport) -> bool:
    """Equal in all that is told of it; a new phone number alone tells nothing, but is kept by the next change."""
    return (
        row["kelurahan"] == report.kelurahan
        and row["rw"] == report.rw
        and row["size"] == report.size
        and set(row["groups"]) == set(report.groups)
        and set(row["allergens"]) == set(report.allergens)
        and row["isolation_from"] == report.isolation_from
        and row["isolation_until"] == report.isolation_until
        and row["released_reason"] == report.released
    )

"""Households are registered, change, are released, and are forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.distribution.domain.identity import house, identities
from services.distribution.domain.registration import (
    KEEP,
    Amendment,
    State,
    decide,
    helped_elsewhere,
    leaves_door,
    read_amendment,
    read_report,
)
from services.distribution.domain.task import recall
from services.distribution.store import households as store
from services.distribution.store import people as people_store
from services.distribution.store import stock as stock_store
from services.distribution.store import tasks as task_store
from services.distribution.usecases.recalling import recall_unfit
from services.distribution.usecases.telling import Book, carry_out
from shared.access.model import EVERYTHING, Scope
from shared.contracts.field import HouseholdReport, People
from shared.contracts.households import HouseholdChanged, HouseholdRegistered, HouseholdReleased
from shared.contracts.reasons import Reason
from shared.database.pool import Row, Transaction
from shared.errors import PeduliError
from shared.privacy import keyed_hash
from shared.reference.model import Reference


class UnknownHouseholdError(PeduliError):
    """No household has this id, or its data were erased."""


class IsolatingError(PeduliError):
    """This household still isolates: a team may be on its way to it."""


@dataclass(frozen=True)
class Keys:
    """Secrets: of opaque ids, and of what rests sealed."""

    hash_key: bytes
    seal_key: bytes


@dataclass(frozen=True)
class Verdict:
    """The answer to a household report; `was_told` when another reporter had told of the household before."""

    household_id: UUID
    version: int
    outcome: str
    reasons: tuple[Reason, ...] = ()
    was_told: bool = False


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
    scope: Scope = EVERYTHING,
) -> list[Verdict]:
    """Apply (source, report) pairs of a sender of this `scope` in order; one verdict each.

    What its reporter said before is known, whatever others said since; of new words, the last ones count.
    """
    verdicts = []
    for source, report in reports:
        alias = household_id(reference.tenant, source, report.household_ref, keys)
        found = read_report(report, _house_key(report.people, report.kelurahan, keys), reference, scope, now)
        if isinstance(found, list):
            verdicts.append(Verdict(alias, 0, "rejected", tuple(found)))
        else:
            teller_key = keyed_hash(keys.hash_key, f"teller|{reference.tenant}|{source}")
            told_key = keyed_hash(keys.hash_key, report.model_dump_json())
            told = _Telling(alias, teller_key, told_key, found, report.people)
            verdicts.append(await _register(tx, told, reference, keys, now, scope))
    await stock_store.queries.save_due(tx, tenants=[reference.tenant])
    return verdicts


@dataclass(frozen=True)
class _Telling:
    """One good report: `reference_id` is made of the reporter's own reference, `teller_key` of his source.

    `told_key` is equal for equal reports: sent again, they bring nothing back that changed meanwhile.
    """

    reference_id: UUID
    teller_key: str
    told_key: str
    state: State
    people: People


async def _register(
    tx: Transaction, told: _Telling, city: Reference, keys: Keys, now: datetime, scope: Scope
) -> Verdict:
    named = _named(told.people, told.state.kelurahan, city, keys)
    await store.queries.lock_identities(tx, names=[str(told.reference_id), *named])
    before = await store.queries.find_reference(tx, reference_id=told.reference_id)
    identity = before["household_id"] if before else await _same(tx, told, named, city.tenant)
    row = await store.claim(tx, identity)
    was_told = identity != told.reference_id
    if row is not None and row["erased_at"] is not None:
        return Verdict(identity, row["version"], "rejected", (Reason.of("HOUSEHOLD_ERASED", "household_ref"),))
    if row is not None and told.state.released and not scope.has_unit(row["kelurahan"]):
        reason = Reason.of("KELURAHAN_NOT_YOURS", "released")  # whoever knows a NIK must not stop another's packet
        return Verdict(identity, row["version"], "rejected", (reason,))
    if row is not None and before is None and helped_elsewhere(store.state_of(row), told.state, now):
        reason = Reason.of("HELPED_BY_ANOTHER_PROGRAMME", "programme")  # a door is on one list, and keeps its packet
        return Verdict(identity, row["version"], "rejected", (reason,))
    if row is not None and before is not None and before["told_key"] == told.told_key:
        return Verdict(identity, row["version"], "known", was_told=was_told)
    verdict = await _settle(tx, identity, row, told.state, city, now)
    await store.queries.save_reference(
        tx,
        reference_id=told.reference_id,
        household_id=identity,
        teller_key=told.teller_key,
        told_key=told.told_key,
    )
    content_key = _content_key(told.people, keys)
    are_new = row is None or row["content_key"] != content_key
    if are_new:
        await people_store.save(tx, identity, told.people, content_key, keys.seal_key)
    await (_know(tx, identity, named, city) if told.state.released is None else _forget(tx, identity))
    outcome = "changed" if verdict.outcome == "known" and are_new else verdict.outcome
    return replace(verdict, outcome=outcome, was_told=was_told)


async def _same(tx: Transaction, told: _Telling, named: dict[str, str], tenant: str) -> UUID:
    """The household of a reference that was not told before: one known by a NIK or phone, else a new one."""
    if not named:
        return told.reference_id
    same: UUID | None = await store.queries.find_same(
        tx, tenant=tenant, hashes=list(named), has_nik="nik" in named.values(), teller_key=told.teller_key
    )
    return same or told.reference_id


async def _know(tx: Transaction, identity: UUID, named: dict[str, str], city: Reference) -> None:
    """By what a household is known from now on; a NIK that is not told again goes on being known."""
    await store.queries.delete_identities(tx, household_id=identity, kinds=["phone", *named.values()])
    await store.queries.append_identities(
        tx, tenant=city.tenant, household_id=identity, hashes=list(named), kinds=list(named.values())
    )


async def _forget(tx: Transaction, identity: UUID) -> None:
    """Who is released is known by nothing: told again, it is another isolation."""
    await store.queries.delete_identities(tx, household_id=identity, kinds=["nik", "phone"])


def _named(people: People, kelurahan: str, city: Reference, keys: Keys) -> dict[str, str]:
    """Keyed hashes of what the household is known by, with their kinds."""
    return {keyed_hash(keys.hash_key, f"{city.tenant}|{text}"): kind for kind, text in identities(people, kelurahan)}


def _house_key(people: People, kelurahan: str, keys: Keys) -> str:
    return keyed_hash(keys.hash_key, house(people, kelurahan))


def _content_key(people: People, keys: Keys) -> str:
    return keyed_hash(keys.hash_key, people.model_dump_json(exclude={"nik"}))


async def _settle(
    tx: Transaction, identity: UUID, row: Row | None, state: State, city: Reference, now: datetime
) -> Verdict:
    """Save the state of a claimed household, recall what nobody may bring any more, and tell of it."""
    before = store.state_of(row) if row is not None else None
    version = row["version"] if row is not None else 0
    told = decide(before, state)
    if told is None:
        return Verdict(identity, version, "known")
    version += 1
    await store.save(tx, city.tenant, identity, version, state, now)
    book = Book(city.tenant, now)
    if told == "released":
        released = HouseholdReleased(
            household_id=identity, kelurahan=state.kelurahan, reason=state.released or "", released_at=now
        )
        book.tell(released, identity, version, identity)
    else:
        kind = HouseholdRegistered if told == "registered" else HouseholdChanged
        book.tell(_event(kind, identity, state), identity, version, identity)
    if leaves_door(before, state):
        reason = "released" if told == "released" else "moved"
        open_tasks = await task_store.queries.list_open_of_household(tx, household_id=identity)
        for stored in (await task_store.claim(tx, city.tenant, [task["task_id"] for task in open_tasks])).values():
            await carry_out(tx, book, stored, recall(stored.task), city, reason=reason)
    await book.write(tx)
    if before is not None:
        await recall_unfit(tx, reference=city, now=now, household_id=identity)
    return Verdict(identity, version, "registered" if before is None else "changed")


def _event(kind: type[HouseholdRegistered], identity: UUID, state: State) -> HouseholdRegistered:
    return kind(
        household_id=identity,
        kelurahan=state.kelurahan,
        size=state.size,
        groups=tuple(sorted(state.groups)),
        isolation_from=state.isolation_from,
        isolation_until=state.isolation_until,
    )


async def amend(
    tx: Transaction,
    identity: UUID,
    change: Amendment,
    *,
    reference: Reference,
    keys: Keys,
    now: datetime,
    reader: str,
    scope: Scope = EVERYTHING,
) -> Verdict:
    """Extend, release or move a household that is known, as somebody of this `scope` tells; `reader` is his name.

    Raises `UnknownHouseholdError`, also for one of another kelurahan.
    """
    row = await _claim(tx, identity, reference, scope)
    before = store.state_of(row)
    after = read_amendment(before, change, reference)
    if isinstance(after, list):
        return Verdict(identity, row["version"], "rejected", tuple(after))
    if change.kelurahan or change.address:
        people = await people_store.read(
            tx, reference.tenant, identity, keys.seal_key, reader=reader, purpose="move", now=now
        )
        people = people.model_copy(update={"address": change.address or people.address})
        await people_store.save(tx, identity, people, _content_key(people, keys), keys.seal_key)
        await _know(tx, identity, _named(people, after.kelurahan, reference, keys), reference)
        after = replace(after, house=_house_key(people, after.kelurahan, keys))
    verdict = await _settle(tx, identity, row, after, reference, now)
    if after.released is not None:
        await _forget(tx, identity)
    await stock_store.queries.save_due(tx, tenants=[reference.tenant])
    return verdict


async def read_people(
    tx: Transaction,
    identity: UUID,
    *,
    reference: Reference,
    keys: Keys,
    now: datetime,
    reader: str,
    purpose: str = "check",
    scope: Scope = EVERYTHING,
) -> People:
    """The people of a household for somebody of this `scope`, which is written down; raises `UnknownHouseholdError`."""
    await _claim(tx, identity, reference, scope)
    return await people_store.read(
        tx, reference.tenant, identity, keys.seal_key, reader=reader, purpose=purpose, now=now
    )


async def _claim(tx: Transaction, identity: UUID, city: Reference, scope: Scope) -> Row:
    row = await store.claim(tx, identity)
    is_known = row is not None and row["tenant"] == city.tenant and row["erased_at"] is None
    if row is None or not is_known or not scope.has_unit(row["kelurahan"]):
        raise UnknownHouseholdError
    return row


async def erase(tx: Transaction, identity: UUID, *, reference: Reference, now: datetime) -> None:
    """Erase a household's personal data before their time. Raises `UnknownHouseholdError`, `IsolatingError`."""
    row = await _claim(tx, identity, reference, EVERYTHING)
    if row["released_reason"] is None and row["isolation_until"] > now:
        raise IsolatingError(hint="release it first: nothing can be brought to a door that nobody can read")
    await people_store.queries.erase_households(tx, ids=[identity], now=now)


async def erase_due(tx: Transaction, *, reference: Reference, now: datetime) -> int:
    """Erase the personal data of households released 30 days ago, at most 500 at once; returns how many."""
    rows = await people_store.queries.list_to_erase(tx, tenant=reference.tenant, before=now - KEEP)
    await people_store.queries.erase_households(tx, ids=[row["household_id"] for row in rows], now=now)
    return len(rows)

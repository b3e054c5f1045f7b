"""Personal data: each household's rests under a key of its own, and every reading is written down.

The only file that opens it. Erasing deletes the key: what copies and backups still hold, nobody can read.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from shared.contracts.field import People
from shared.database.pool import Transaction
from shared.database.queries import load_queries
from shared.errors import PeduliError
from shared.privacy import seal, unseal

queries = load_queries(__file__)
_KEY_BYTES = 32


class ErasedError(PeduliError):
    """The personal data of this household were erased."""


async def save(tx: Transaction, household_id: UUID, people: People, content_key: str, seal_key: bytes) -> None:
    """Seal the people of a household under its own key; of a NIK nothing is kept here.

    `content_key` is what the same people are known by when they are told again.
    """
    bound = str(household_id)
    fresh = seal(seal_key, secrets.token_bytes(_KEY_BYTES), bound_to=bound)
    wrapped = await queries.save_key(tx, household_id=household_id, wrapped=fresh)
    own_key = unseal(seal_key, wrapped, bound_to=bound)
    box = seal(own_key, people.model_dump_json(exclude={"nik"}).encode(), bound_to=bound)
    await queries.save_people(tx, household_id=household_id, sealed=box, content_key=content_key)


async def read_all(
    tx: Transaction,
    tenant: str,
    ids: Collection[UUID],
    seal_key: bytes,
    *,
    reader: str,
    purpose: str,
    now: datetime,
) -> dict[UUID, People]:
    """Name, phone and address of these households; that they were read, by whom and for what, is written in `tx`.

    Those whose data were erased are left out.
    """
    rows = await queries.list_people(tx, ids=sorted(ids))
    found = [row["household_id"] for row in rows]
    await queries.append_reads(tx, tenant=tenant, ids=found, reader=reader, purpose=purpose, now=now)
    people = {}
    for row in rows:
        bound = str(row["household_id"])
        key = unseal(seal_key, row["wrapped"], bound_to=bound) if row["wrapped"] else seal_key
        people[row["household_id"]] = People.model_validate_json(unseal(key, row["sealed"], bound_to=bound))
    return people


async def read(
    tx: Transaction, tenant: str, household_id: UUID, seal_key: bytes, *, reader: str, purpose: str, now: datetime
) -> People:
    """The same of one household; raises `ErasedError`."""
    found = await read_all(tx, tenant, [household_id], seal_key, reader=reader, purpose=purpose, now=now)
    if household_id not in found:
        raise ErasedError
    return found[household_id]

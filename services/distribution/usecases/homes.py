"""What a household sees of its packets by its unguessable code, and what it answers: nothing of who lives there."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from services.distribution.domain.explain import explain, explain_standing
from services.distribution.domain.pickup import SLOT
from services.distribution.domain.proof import code_of
from services.distribution.domain.words import REPLIES
from services.distribution.store import moral
from services.distribution.store.homes import queries
from services.distribution.usecases.households import Keys
from services.distribution.usecases.shift import Goods, goods_of
from shared.access.pins import token_hash
from shared.database.pool import Pool, Row, Transaction
from shared.ids import derived_id
from shared.privacy import keyed_hash
from shared.reference.model import Reference

CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is mistaken for another on paper
CODE_LENGTH = 16  # 79 bits: a million guesses a second find none in a lifetime
WORKING_DAYS = 8  # 3 to look at it and 5 to answer, as LAPOR! has it
Answer = Literal["received", "not_arrived", "incomplete"]

_STATES: Mapping[str, tuple[str, str, str]] = {
    "assigned": ("off", "Sedang disiapkan", "Paket Anda menunggu relawan; sampai paling lambat"),
    "promised": ("off", "Sedang disiapkan", "Relawan mengambil paket ini di lumbung, lalu mengantarkannya, mulai"),
    "accepted": ("warn", "Sedang dibawa", "Relawan membawa paket ini; perkiraan sampai sebelum"),
    "chair": ("warn", "Di tangan ketua RT/RW", "Ketua RT/RW mengantarkan paket ini; perkiraan sampai sebelum"),
    "failed": ("warn", "Akan dicoba lagi", "Relawan belum dapat menyerahkan paket ini dan datang lagi"),
    "delivered": ("good", "Sudah di depan pintu", "Paket ini diletakkan di depan pintu"),
}


@dataclass(frozen=True)
class Home:
    """The household of a code."""

    tenant: str
    household_id: UUID


@dataclass(frozen=True)
class Answered:
    """What a household has said; a case has a number, a day on which it is answered at the latest, and its `reply`."""

    kind: Answer
    case_number: str
    answer_by: date | None
    reply: str = ""
    replied_at: datetime | None = None


@dataclass(frozen=True)
class Packet:
    """A packet as its household sees it; `code` only while a team carries it, `by` is when to look for it."""

    task_id: UUID
    look: str
    state: str
    sentence: str
    by: datetime | None
    text: str
    goods: tuple[Goods, ...]
    code: str
    may_answer: bool
    answer: Answered | None
    note: str = ""


async def make_code(tx: Transaction, tenant: str, household_id: UUID) -> str:
    """A new code of a household's page, in place of the one before: shown once, only its hash is kept."""
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
    await queries.save_page(tx, household_id=household_id, tenant=tenant, code_hash=token_hash(code))
    return code


def plain(code: str) -> str:
    """A code as it was made: blanks, dashes and capitals, as people write them, do not matter."""
    return code.replace("-", "").replace(" ", "").lower()


async def find(tx: Transaction | Pool, code: str) -> Home | None:
    """The household of a code."""
    row = await queries.find_page(tx, code_hash=token_hash(plain(code)))
    return Home(row["tenant"], row["household_id"]) if row else None


async def load(tx: Transaction, home: Home, city: Reference, keys: Keys) -> list[Packet]:
    """What is coming, and what came in the last weeks; newest first, with kind words where there are any."""
    rows = await queries.list_packets(tx, tenant=home.tenant, household_id=home.household_id, slot=SLOT)
    packets = [_packet(row, city, keys) for row in rows]
    if not packets:
        return []
    note = await moral.queries.find_note_for(tx, tenant=home.tenant, task_id=packets[0].task_id)
    return [replace(packets[0], note=note or ""), *packets[1:]]


async def standing(tx: Transaction, home: Home, city: Reference, now: datetime) -> str:
    """What a household may hope for while no packet is on its way to it; empty while one is."""
    row = await queries.find_standing(tx, tenant=home.tenant, household_id=home.household_id, now=now)
    if row is None:
        return ""
    promised = row["promised_at"].astimezone(city.zone) if row["promised_at"] else None
    return explain_standing(row["reason"], promised, is_helped=row["is_helped"], is_over=row["is_over"])


async def answer(
    tx: Transaction, home: Home, task_id: UUID, kind: Answer, missing: list[str], *, city: Reference, now: datetime
) -> bool:
    """Keep a household's word about a packet, once; all but `received` is a case. False when it is not its packet."""
    is_case = kind != "received"
    number = keyed_hash(b"case", str(task_id))[:8].upper() if is_case else ""
    found = await queries.append_answer(
        tx,
        answer_id=derived_id("answer", str(task_id)),
        tenant=home.tenant,
        household_id=home.household_id,
        task_id=task_id,
        kind=kind,
        missing=missing,
        case_number=number,
        answer_by=working_day(city.date_of(now), WORKING_DAYS) if is_case else None,
        now=now,
    )
    return found is not None


def working_day(day: date, days: int) -> date:
    """The day that is so many working days (Monday to Friday) later."""
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day


def _packet(row: Row, city: Reference, keys: Keys) -> Packet:
    carried = row["status"] in ("accepted", "failed")
    state = row["status"]
    if state == "accepted":  # a packet that nobody has fetched is no nearer than one without a team
        nearby = "promised" if row["fetched_at"] else "assigned"
        state = {"lumbung": nearby, "rt": "chair", "rw": "chair"}.get(row["custody"], state)
    look, title, sentence = _STATES[state]
    by = {"delivered": row["changed_at"], "failed": row["retry_at"]}
    by |= {"assigned": row["deliver_before"], "promised": row["fetched_at"]}
    said = (row["kind"], row["case_number"], row["answer_by"], REPLIES.get(row["reply"], ""), row["replied_at"])
    given = Answered(*said) if row["kind"] else None
    return Packet(
        row["task_id"],
        look,
        title,
        sentence,
        by.get(state, row["lease_until"]),
        explain(row["why"], "household") if row["status"] != "delivered" else "",
        goods_of(row["goods"], city),
        code_of(keys.hash_key, row["task_id"], row["attempt"], row["team"]) if carried else "",
        row["status"] in ("accepted", "failed", "delivered"),
        given,
    )

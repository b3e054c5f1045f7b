"""A sheet of purchases: kept, read, judged without effect, accepted part by part. HTTP and pages call the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from services.purchases.documents.columns import BY_NAME, PURCHASES
from services.purchases.documents.receipts import Receipt, gather
from services.purchases.domain.hints import hints_of
from services.purchases.domain.submission import read_purchase, read_void
from services.purchases.store.files import queries
from services.purchases.usecases.intake import preview
from services.purchases.usecases.judging import Incoming, Keys, Verdict
from services.purchases.usecases.receive import Answer, Sent
from shared.access.model import EVERYTHING, Scope
from shared.contracts.reasons import Reason
from shared.database.pool import Row as Record
from shared.database.pool import Transaction
from shared.errors import PeduliError
from shared.ids import derived_id, new_id
from shared.privacy import seal, unseal
from shared.reference.model import Reference
from shared.reference.store import Cities
from shared.sheets.faults import FileError, Wrong
from shared.sheets.spreadsheet import Row, read
from shared.sheets.workbook import as_written

KEEP = timedelta(days=30)
LEASE = timedelta(seconds=10)  # a part takes a second or two; after a kill another process goes on this much later
PART = 500  # receipts of one transaction
LANES = 3  # transactions of one file at once: while some wait for the database, another is judged
MOST_UNACCEPTED = 20  # files of a source at once: each may be 10 MB, and keeps a processor for seconds
PATIENCE = timedelta(days=1)  # one that was forgotten counts no longer


class UnknownFileError(PeduliError):
    """No file of this source has this id."""


class TooManyFilesError(PeduliError):
    """The source has too many files that nobody has accepted yet."""


class NotReadyError(PeduliError):
    """The file is not at the step that this needs; `hint` is its status."""


@dataclass(frozen=True)
class Work:
    """A file that this process works on, until its lease ends."""

    file_id: UUID
    tenant: str
    source: str
    status: str
    scope: Scope


@dataclass(frozen=True)
class Told:
    """One receipt of a file, opened."""

    number: int
    receipt: Receipt


@dataclass(frozen=True)
class Contents:
    """What was read from a file, sealed and ready to be kept; or why it cannot be used."""

    receipts: Sequence[tuple[int, bytes]] = ()
    ignored: Sequence[str] = ()
    fault: str = ""
    fault_row: int | None = None


async def upload(
    tx: Transaction,
    *,
    tenant: str,
    source: str,
    name: str,
    content: bytes,
    keys: Keys,
    now: datetime,
    scope: Scope = EVERYTHING,
) -> UUID:
    """Keep a file of a sender of this `scope`, whatever it is; reading it follows. Returns its id.

    Raises `TooManyFilesError`.
    """
    if await queries.count_unaccepted(tx, tenant=tenant, source=source, since=now - PATIENCE) >= MOST_UNACCEPTED:
        raise TooManyFilesError
    file_id = new_id()
    bound = str(file_id)
    await queries.append_file(
        tx,
        file_id=file_id,
        tenant=tenant,
        source=source,
        sources=list(scope.sources),
        units=list(scope.units),
        name_sealed=seal(keys.seal_key, name[:200].encode(errors="replace"), bound_to=bound),
        content_sealed=seal(keys.seal_key, content, bound_to=bound),
        now=now,
    )
    return file_id


async def claim(tx: Transaction, now: datetime) -> tuple[Work, bytes] | None:
    """A file with work to do, and its sealed bytes; nobody else works on it until the lease ends."""
    row = await queries.claim_file(tx, now=now, until=now + LEASE)
    if row is None:
        return None
    scope = Scope(tuple(row["sources"]), tuple(row["units"]))
    return Work(row["file_id"], row["tenant"], row["source"], row["status"], scope), row["content_sealed"]


def open_contents(work: Work, sealed: bytes, city: Reference, keys: Keys) -> Contents:
    """Read a file; takes up to a second or two of a processor, and nothing else."""
    content = unseal(keys.seal_key, sealed, bound_to=str(work.file_id))
    try:
        table = read(content, PURCHASES)
    except FileError as error:
        return Contents(fault=error.code, fault_row=error.row)
    receipts = gather(table.rows, city, work.source)
    _keep_to_unit(receipts, work.source, city)
    kept = [
        (len(receipt.rows), seal(keys.seal_key, _packed(receipt), bound_to=_bound(work.file_id, number)))
        for number, receipt in enumerate(receipts, start=1)
    ]
    return Contents(kept, table.ignored)


def _keep_to_unit(receipts: Sequence[Receipt], source: str, city: Reference) -> None:
    """The file of a unit (`/unit/32.76.DKUM`) tells for that unit alone; a row that names none is the unit's."""
    unit_code = source.removeprefix("/unit/")
    if unit_code == source or unit_code not in city.units:
        return
    for receipt in receipts:
        row = receipt.rows[0].number
        if receipt.source != source:
            receipt.wrong.append(Wrong.of(row, BY_NAME["source"].heading, "SOURCE_NOT_YOURS"))
        if receipt.kind != "voided" and receipt.raw.setdefault("unit_code", unit_code) != unit_code:
            receipt.wrong.append(Wrong.of(row, BY_NAME["unit"].heading, "UNIT_NOT_YOURS"))


async def keep(tx: Transaction, work: Work, contents: Contents) -> None:
    """What was read, in place of what may have been read before; nothing of a file that was withdrawn."""
    kept = await queries.save_status(
        tx,
        file_id=work.file_id,
        status="unusable" if contents.fault else "read",
        fault=contents.fault,
        fault_row=contents.fault_row,
        ignored=list(contents.ignored)[:50],
    )
    if kept is None:
        return
    await queries.delete_receipts(tx, file_id=work.file_id)
    await queries.append_receipts(
        tx,
        file_id=work.file_id,
        numbers=list(range(1, len(contents.receipts) + 1)),
        row_counts=[rows for rows, _ in contents.receipts],
        sealed=[sealed for _, sealed in contents.receipts],
    )


async def judge(
    tx: Transaction, work: Work, *, cities: Cities, keys: Keys, now: datetime
) -> AsyncIterator[tuple[Told, Verdict | None, list[Wrong]]]:
    """What would become of each receipt, in order, and what is wrong with it; changes nothing.

    One with a cell that cannot be read has no verdict: it is refused, with all that the rules say besides.
    """
    told = [opened(row, work.file_id, keys) for row in await queries.list_receipts(tx, file_id=work.file_id)]
    clean = [_incoming(each, work) for each in told if not each.receipt.wrong]
    verdicts = preview(tx, clean, cities=cities, keys=keys, now=now)
    for each in told:
        if each.receipt.wrong:
            yield each, None, each.receipt.located(_rules(each.receipt, cities[work.tenant], now))
        else:
            verdict = await anext(verdicts)
            yield each, verdict, each.receipt.located(verdict.reasons)


async def note_preview(
    tx: Transaction,
    work: Work,
    judged: Sequence[tuple[Told, Verdict | None, list[Wrong]]],
    city: Reference,
    now: datetime,
) -> None:
    """Write down a part of the preview."""
    await queries.save_outcomes(
        tx,
        file_id=work.file_id,
        numbers=[told.number for told, _, _ in judged],
        outcomes=[verdict.outcome if verdict else "rejected" for _, verdict, _ in judged],
        told_bys=[verdict.told_by if verdict else "" for _, verdict, _ in judged],
        wrongs=[_json(wrong) for _, _, wrong in judged],
        hints=[_json(_hinted(told.receipt, verdict, city)) for told, verdict, _ in judged],
        purchase_ids=[verdict.purchase_id if verdict else None for _, verdict, _ in judged],
    )
    await queries.renew_lease(tx, file_id=work.file_id, until=now + LEASE)


async def accept(tx: Transaction, file_id: UUID, tenant: str, source: str) -> str:
    """Let the file be told: what the preview found good is recorded, the rest refused. Returns the status.

    Said again, nothing more happens. Raises `UnknownFileError`, and `NotReadyError` before the preview or for a file
    that cannot be used.
    """
    file = await find(tx, file_id, tenant, source)
    if file["status"] in ("accepting", "accepted"):
        return str(file["status"])
    moved = await queries.move_status(tx, file_id=file_id, from_status="previewed", to_status="accepting")
    if moved is None:
        raise NotReadyError(hint=file["status"])
    return str(moved)


async def withdraw(tx: Transaction, file_id: UUID, tenant: str, source: str) -> None:
    """Delete a file that nobody has accepted, with all that was read from it.

    Raises `UnknownFileError`, and `NotReadyError` for one that is accepted: what is recorded is corrected or voided.
    """
    file = await find(tx, file_id, tenant, source)
    if await queries.withdraw_file(tx, file_id=file_id) is None:
        raise NotReadyError(hint=file["status"])


async def list_due(tx: Transaction, work: Work, keys: Keys, *, after: int) -> list[tuple[Told, Sent]]:
    """What is to be told next behind number `after`, each under an identity of its own: tried again, it has the same
    answer.
    """
    rows = await queries.list_due(tx, file_id=work.file_id, after=after, size=LANES * PART)
    due = [opened(row, work.file_id, keys) for row in rows]
    return [(told, Sent(_incoming(told, work), _identity(work, told.number))) for told in due]


def lanes(due: Sequence[tuple[Told, Sent]]) -> list[list[tuple[Told, Sent]]]:
    """What is due, in lanes that may be told side by side: all that can be said of one purchase bears one number, and
    stays together, in the order of the sheet.
    """
    apart: list[list[tuple[Told, Sent]]] = [[] for _ in range(LANES)]
    for told, sent in due:
        number = str(told.receipt.raw.get("reference")).casefold()
        apart[hash(number) % len(apart)].append((told, sent))
    return [lane for lane in apart if lane]


async def note_results(tx: Transaction, work: Work, answered: Sequence[tuple[Told, Answer]], now: datetime) -> None:
    """Write down what became of a part."""
    verdicts = [(told, verdict) for told, verdict in answered if isinstance(verdict, Verdict)]
    await queries.save_results(
        tx,
        file_id=work.file_id,
        numbers=[told.number for told, _ in verdicts],
        results=[verdict.outcome for _, verdict in verdicts],
        told_bys=[verdict.told_by for _, verdict in verdicts],
        wrongs=[_json(_wrong(told.receipt, verdict)) for told, verdict in verdicts],
        purchase_ids=[verdict.purchase_id for _, verdict in verdicts],
    )
    await queries.renew_lease(tx, file_id=work.file_id, until=now + LEASE)


async def finish(tx: Transaction, work: Work, from_status: str, to_status: str) -> None:
    """The file is one step further."""
    await queries.move_status(tx, file_id=work.file_id, from_status=from_status, to_status=to_status)


async def lay_down(tx: Transaction, work: Work, now: datetime) -> None:
    """Leave a file to whoever comes next."""
    await queries.renew_lease(tx, file_id=work.file_id, until=now)


async def give_up(tx: Transaction, work: Work) -> None:
    """Nobody can read this file, and that is our fault."""
    await keep(tx, work, Contents(fault="OUR_FAULT"))


async def forget(tx: Transaction, now: datetime) -> int:
    """Files older than 30 days go, with all their rows; what was recorded stays."""
    return len(await queries.delete_files(tx, before=now - KEEP))


async def find(tx: Transaction, file_id: UUID, tenant: str, source: str) -> Record:
    """A file of this source, without its bytes. Raises `UnknownFileError`."""
    row: Record | None = await queries.find_file(tx, file_id=file_id, tenant=tenant, source=source)
    if row is None:
        raise UnknownFileError
    return row


def _wrong(receipt: Receipt, verdict: Verdict) -> list[Wrong]:
    """Cells that cannot be read, each once, and what the rules say besides."""
    faults = receipt.faults()
    return receipt.located([reason for reason in verdict.reasons if reason not in faults])


def _hinted(receipt: Receipt, verdict: Verdict | None, city: Reference) -> list[Wrong]:
    """Hints to a receipt that would be accepted."""
    if verdict is None or verdict.outcome == "rejected" or receipt.kind == "voided":
        return []
    return receipt.advised(hints_of(receipt.raw, city))


def _rules(receipt: Receipt, city: Reference, now: datetime) -> list[Reason]:
    found = read_void(receipt.raw) if receipt.kind == "voided" else read_purchase(receipt.raw, city, now)
    return found if isinstance(found, list) else []


def _identity(work: Work, number: int) -> str:
    return f"{work.tenant}|file|{work.file_id}|{number}"


def _incoming(told: Told, work: Work) -> Incoming:
    receipt, faults = told.receipt, told.receipt.faults()
    is_foreign = any(fault.code == "SOURCE_NOT_YOURS" for fault in faults)
    source = work.source if is_foreign else receipt.source  # another must not find it among its own answers
    submission_id = derived_id("submission", _identity(work, told.number))
    return Incoming(submission_id, receipt.kind, work.tenant, source, receipt.raw, work.scope, faults)


def _bound(file_id: UUID, number: int) -> str:
    return f"{file_id}/{number}"


def _packed(receipt: Receipt) -> bytes:
    rows = [[row.number, {name: _plain(cell) for name, cell in row.cells.items()}] for row in receipt.rows]
    wrong = [[one.row, one.column, one.code, one.message] for one in receipt.wrong]
    return orjson.dumps([rows, receipt.kind, receipt.source, receipt.raw, wrong, receipt.places])


def _plain(cell: Any) -> Any:
    """A cell that JSON can carry and a sheet can show again."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell)) if abs(cell) >= 10**15 else int(cell)
    return cell if type(cell) in (int, float, str) else as_written(cell)


def opened(row: Record, file_id: UUID, keys: Keys) -> Told:
    """A receipt of a file, unsealed."""
    packed = unseal(keys.seal_key, row["sealed"], bound_to=_bound(file_id, row["number"]))
    rows, kind, source, raw, wrong, places = orjson.loads(packed)
    found = [Row(number, cells) for number, cells in rows]
    return Told(row["number"], Receipt(found, kind, source, raw, [Wrong(*one) for one in wrong], places))


def _json(wrong: Sequence[Wrong]) -> str:
    return orjson.dumps([vars(one) for one in wrong]).decode()

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
from services.purchases.documents.workbook import refused_xlsx
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
PAGE = 100


class UnknownFileError(PeduliError):
    """No file of this source has this id."""


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
    """Keep a file of a sender of this `scope`, whatever it is; reading it follows. Returns its id."""
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
    """What was read, in place of what may have been read before."""
    await queries.delete_receipts(tx, file_id=work.file_id)
    await queries.append_receipts(
        tx,
        file_id=work.file_id,
        numbers=list(range(1, len(contents.receipts) + 1)),
        row_counts=[rows for rows, _ in contents.receipts],
        sealed=[sealed for _, sealed in contents.receipts],
    )
    await queries.save_status(
        tx,
        file_id=work.file_id,
        status="unusable" if contents.fault else "read",
        fault=contents.fault,
        fault_row=contents.fault_row,
        ignored=list(contents.ignored)[:50],
    )


async def judge(
    tx: Transaction, work: Work, *, cities: Cities, keys: Keys, now: datetime
) -> AsyncIterator[tuple[Told, Verdict | None, list[Wrong]]]:
    """What would become of each receipt, in order, and what is wrong with it; changes nothing.

    One with a cell that cannot be read has no verdict: it is refused, with all that the rules say besides.
    """
    told = [_opened(row, work.file_id, keys) for row in await queries.list_receipts(tx, file_id=work.file_id)]
    clean = [_incoming(each, work) for each in told if not each.receipt.wrong]
    verdicts = preview(tx, clean, cities=cities, keys=keys, now=now)
    for each in told:
        if each.receipt.wrong:
            yield each, None, each.receipt.located(_rules(each.receipt, cities[work.tenant], now))
        else:
            verdict = await anext(verdicts)
            yield each, verdict, each.receipt.located(verdict.reasons)


async def note_preview(
    tx: Transaction, work: Work, judged: Sequence[tuple[Told, Verdict | None, list[Wrong]]], now: datetime
) -> None:
    """Write down a part of the preview."""
    await queries.save_outcomes(
        tx,
        file_id=work.file_id,
        numbers=[told.number for told, _, _ in judged],
        outcomes=[verdict.outcome if verdict else "rejected" for _, verdict, _ in judged],
        told_bys=[verdict.told_by if verdict else "" for _, verdict, _ in judged],
        wrongs=[_json(wrong) for _, _, wrong in judged],
        purchase_ids=[verdict.purchase_id if verdict else None for _, verdict, _ in judged],
    )
    await queries.renew_lease(tx, file_id=work.file_id, until=now + LEASE)


async def accept(tx: Transaction, file_id: UUID, tenant: str, source: str) -> str:
    """Let what the preview found good be recorded; said again, nothing more happens. Returns the status.

    Raises `UnknownFileError`, and `NotReadyError` before the preview or for a file that cannot be used.
    """
    file = await _find(tx, file_id, tenant, source)
    if file["status"] in ("accepting", "accepted"):
        return str(file["status"])
    moved = await queries.move_status(tx, file_id=file_id, from_status="previewed", to_status="accepting")
    if moved is None:
        raise NotReadyError(hint=file["status"])
    return str(moved)


async def list_due(tx: Transaction, work: Work, keys: Keys, *, after: int) -> list[tuple[Told, Sent]]:
    """The part behind number `after` to be recorded, each under an identity of its own: tried again, it has the same
    answer.
    """
    rows = await queries.list_due(tx, file_id=work.file_id, after=after, size=PART)
    due = [_opened(row, work.file_id, keys) for row in rows]
    return [(told, Sent(_incoming(told, work), _identity(work, told.number))) for told in due]


async def note_results(tx: Transaction, work: Work, answered: Sequence[tuple[Told, Answer]], now: datetime) -> None:
    """Write down what became of a part."""
    verdicts = [(told, verdict) for told, verdict in answered if isinstance(verdict, Verdict)]
    await queries.save_results(
        tx,
        file_id=work.file_id,
        numbers=[told.number for told, _ in verdicts],
        results=[verdict.outcome for _, verdict in verdicts],
        told_bys=[verdict.told_by for _, verdict in verdicts],
        wrongs=[_json(told.receipt.located(verdict.reasons)) for told, verdict in verdicts],
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


async def show(tx: Transaction, file_id: UUID, tenant: str, source: str, keys: Keys) -> dict[str, Any]:
    """How far a file is: status, rows read and judged, receipts by outcome and result. Raises `UnknownFileError`."""
    file = await _find(tx, file_id, tenant, source)
    counts = await queries.count_receipts(tx, file_id=file_id)
    outcomes: dict[str, int] = {}
    results: dict[str, int] = {}
    for row in counts:
        outcomes[row["outcome"]] = outcomes.get(row["outcome"], 0) + row["receipts"]
        results[row["result"]] = results.get(row["result"], 0) + row["receipts"]
    return {
        **_named(file, keys),
        "receipts": sum(row["receipts"] for row in counts),
        "rows_read": sum(row["rows"] for row in counts),
        "rows_judged": sum(row["rows"] for row in counts if row["outcome"]),
        "rows_refused": sum(row["rows"] for row in counts if "rejected" in (row["outcome"], row["result"])),
        "rows_recorded": sum(row["rows"] for row in counts if row["result"] not in ("", "rejected")),
        "preview": {name: number for name, number in outcomes.items() if name},
        "results": {name: number for name, number in results.items() if name},
    }


async def list_files(tx: Transaction, *, tenant: str, source: str, keys: Keys) -> list[dict[str, Any]]:
    """The last hundred files of a source, the newest first: name, status, and why one cannot be used."""
    return [_named(row, keys) for row in await queries.list_files(tx, tenant=tenant, source=source)]


async def list_page(
    tx: Transaction, file_id: UUID, keys: Keys, *, after: int = 0, outcome: str = "", size: int = PAGE
) -> list[dict[str, Any]]:
    """A page of the preview, receipt by receipt: rows, number, what would happen or happened, and what is wrong."""
    rows = await queries.list_page(tx, file_id=file_id, after=after, outcome=outcome, size=size)
    receipts = [_opened(row, file_id, keys).receipt for row in rows]
    return [
        {
            "number": row["number"],
            "rows": [each.number for each in receipt.rows],
            "reference": receipt.raw.get("reference", ""),
            "action": receipt.kind,
            "outcome": row["outcome"],
            "result": row["result"],
            "told_by": row["told_by"],
            "purchase_id": str(row["purchase_id"]) if row["purchase_id"] else None,
            "wrong": orjson.loads(row["wrong"]),
        }
        for row, receipt in zip(rows, receipts, strict=True)
    ]


async def refused_sheet(tx: Transaction, file_id: UUID, tenant: str, source: str, keys: Keys) -> bytes:
    """The rows of refused receipts as XLSX, and why. Raises `UnknownFileError`."""
    await _find(tx, file_id, tenant, source)
    rows: list[tuple[int, dict[str, Any], list[Wrong]]] = []
    for record in await queries.list_refused(tx, file_id=file_id):
        wrong = [Wrong(**each) for each in orjson.loads(record["wrong"])]
        first, *others = _opened(record, file_id, keys).receipt.rows
        numbers = {row.number for row in others}
        rows.append((first.number, first.cells, [each for each in wrong if each.row not in numbers]))
        rows += [(row.number, row.cells, [each for each in wrong if each.row == row.number]) for row in others]
    return refused_xlsx(rows)


async def forget(tx: Transaction, now: datetime) -> int:
    """Files older than 30 days go, with all their rows; what was recorded stays."""
    return len(await queries.delete_files(tx, before=now - KEEP))


async def _find(tx: Transaction, file_id: UUID, tenant: str, source: str) -> Record:
    row: Record | None = await queries.find_file(tx, file_id=file_id, tenant=tenant, source=source)
    if row is None:
        raise UnknownFileError
    return row


def _named(file: Record, keys: Keys) -> dict[str, Any]:
    file_id = str(file["file_id"])
    return {
        "file_id": file_id,
        "name": unseal(keys.seal_key, file["name_sealed"], bound_to=file_id).decode(),
        "status": file["status"],
        "fault": _fault(file),
        "ignored_headings": list(file["ignored"]),
        "uploaded_at": file["uploaded_at"],
    }


def _fault(file: Record) -> dict[str, Any] | None:
    if not file["fault"]:
        return None
    error = FileError(file["fault"], file["fault_row"])
    return {"code": error.code, "message": str(error), "row": error.row}


def _rules(receipt: Receipt, city: Reference, now: datetime) -> list[Reason]:
    found = read_void(receipt.raw) if receipt.kind == "voided" else read_purchase(receipt.raw, city, now)
    return found if isinstance(found, list) else []


def _identity(work: Work, number: int) -> str:
    return f"{work.tenant}|file|{work.file_id}|{number}"


def _incoming(told: Told, work: Work) -> Incoming:
    receipt = told.receipt
    submission_id = derived_id("submission", _identity(work, told.number))
    return Incoming(submission_id, receipt.kind, work.tenant, receipt.source, receipt.raw, work.scope)


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


def _opened(row: Record, file_id: UUID, keys: Keys) -> Told:
    packed = unseal(keys.seal_key, row["sealed"], bound_to=_bound(file_id, row["number"]))
    rows, kind, source, raw, wrong, places = orjson.loads(packed)
    found = [Row(number, cells) for number, cells in rows]
    return Told(row["number"], Receipt(found, kind, source, raw, [Wrong(*one) for one in wrong], places))


def _json(wrong: Sequence[Wrong]) -> str:
    return orjson.dumps([vars(one) for one in wrong]).decode()

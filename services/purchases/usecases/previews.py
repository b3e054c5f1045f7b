"""What a source sees of its sheets: how far each is, what would happen or happened row by row, the refused rows."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

import orjson

from services.purchases.documents.workbook import refused_xlsx
from services.purchases.store.files import queries
from services.purchases.usecases.files import find, opened
from services.purchases.usecases.judging import Keys
from shared.database.pool import Row as Record
from shared.database.pool import Transaction
from shared.privacy import unseal
from shared.sheets.faults import FileError, Wrong

PAGE = 100


async def show(tx: Transaction, file_id: UUID, tenant: str, source: str, keys: Keys) -> dict[str, Any]:
    """How far a file is: status, rows read and judged, receipts by outcome and result. Raises `UnknownFileError`."""
    file = await find(tx, file_id, tenant, source)
    counts = await queries.count_receipts(tx, file_id=file_id)
    outcomes, results, hints = Counter[str](), Counter[str](), Counter[str]()
    for row in counts:
        outcomes[row["outcome"]] += row["receipts"]
        results[row["result"]] += row["receipts"]
        hints.update(dict.fromkeys(orjson.loads(row["hints"]), row["receipts"]))
    return {
        **_named(file, keys),
        "receipts": sum(row["receipts"] for row in counts),
        "rows_read": sum(row["rows"] for row in counts),
        "rows_judged": sum(row["rows"] for row in counts if row["outcome"]),
        "rows_refused": sum(row["rows"] for row in counts if "rejected" in (row["outcome"], row["result"])),
        "rows_recorded": sum(row["rows"] for row in counts if row["result"] not in ("", "rejected")),
        "preview": {name: number for name, number in outcomes.items() if name},
        "results": {name: number for name, number in results.items() if name},
        "hints": dict(sorted(hints.items(), key=lambda hint: (-hint[1], hint[0]))),
    }


async def list_files(tx: Transaction, *, tenant: str, source: str, keys: Keys) -> list[dict[str, Any]]:
    """The last hundred files of a source, the newest first: name, status, and why one cannot be used."""
    return [_named(row, keys) for row in await queries.list_files(tx, tenant=tenant, source=source)]


async def list_page(
    tx: Transaction,
    file_id: UUID,
    keys: Keys,
    *,
    after: int = 0,
    outcome: str = "",
    hinted: bool = False,
    size: int = PAGE,
) -> list[dict[str, Any]]:
    """A page of the preview, receipt by receipt: rows, number, what would happen or happened, what is wrong, hints.

    `outcome`: only receipts of this one; `hinted`: only receipts with hints.
    """
    rows = await queries.list_page(tx, file_id=file_id, after=after, outcome=outcome, hinted=hinted, size=size)
    receipts = [opened(row, file_id, keys).receipt for row in rows]
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
            "hints": orjson.loads(row["hints"]),
        }
        for row, receipt in zip(rows, receipts, strict=True)
    ]


async def refused_sheet(tx: Transaction, file_id: UUID, tenant: str, source: str, keys: Keys) -> bytes:
    """The rows of refused receipts as XLSX, and why. Raises `UnknownFileError`."""
    await find(tx, file_id, tenant, source)
    rows: list[tuple[int, dict[str, Any], list[Wrong]]] = []
    for record in await queries.list_refused(tx, file_id=file_id):
        wrong = [Wrong(**each) for each in orjson.loads(record["wrong"])]
        first, *others = opened(record, file_id, keys).receipt.rows
        numbers = {row.number for row in others}
        rows.append((first.number, first.cells, [each for each in wrong if each.row not in numbers]))
        rows += [(row.number, row.cells, [each for each in wrong if each.row == row.number]) for row in others]
    return refused_xlsx(rows)


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

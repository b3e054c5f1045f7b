"""Published views as files for a spreadsheet or a notebook, with what they mean in the words of Satu Data."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from services.reporting.documents import metadata
from services.reporting.store import export as store
from shared.database.pool import Transaction
from shared.errors import PeduliError

Format = Literal["csv", "parquet"]


class UnknownViewError(PeduliError):
    """No published view has this name."""


async def export(tx: Transaction, wanted: str, folder: Path, kind: Format = "csv") -> dict[str, int]:
    """Write the view `wanted`, or `all`, into `folder`, which is there, and the metadata of what was written.

    Returns rows by view, all of one moment: run in a repeatable-read transaction. Raises `UnknownViewError`, and for
    Parquet `MissingParquetError`.
    """
    await store.become_reader(tx)
    views = await store.columns(tx)
    if wanted != "all" and wanted not in views:
        raise UnknownViewError(wanted, hint=f"one of: all, {', '.join(views)}")
    chosen = {view: rows for view, rows in views.items() if wanted in ("all", view)}
    counts = {}
    for view, columns in chosen.items():
        file = folder / f"{view}.{kind}"
        if kind == "csv":
            counts[view] = await store.copy_csv(tx, view, file)
        else:
            from services.reporting.documents import parquet  # it takes what a plain installation has not

            counts[view] = await parquet.write(store.read(tx, view), columns, file)
    metadata.describe(chosen, folder)
    return counts

"""Published views as files for a spreadsheet, with what each column means in the words of Satu Data."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.reporting.store import export as store
from shared.database.pool import Row, Transaction
from shared.errors import PeduliError

VARIABLES = "MS-Var.csv"
_HEAD = ("Kegiatan", "Nama Variabel", "Alias", "Konsep", "Definisi", "Tipe Data", "Dapat Diakses Umum")


class UnknownViewError(PeduliError):
    """No published view has this name."""


async def export(tx: Transaction, wanted: str, folder: Path) -> dict[str, int]:
    """Write the view `wanted`, or `all`, as CSV into `folder`, which is there, and the metadata of what was written.

    Returns rows by view, all of one moment: run in a repeatable-read transaction. Raises `UnknownViewError`.
    """
    await store.become_reader(tx)
    views = await store.columns(tx)
    if wanted != "all" and wanted not in views:
        raise UnknownViewError(wanted, hint=f"one of: all, {', '.join(views)}")
    chosen = {view: rows for view, rows in views.items() if wanted in ("all", view)}
    counts = {view: await store.copy_csv(tx, view, folder / f"{view}.csv") for view in chosen}
    _describe(chosen, folder / VARIABLES)
    return counts


def _describe(views: Mapping[str, Sequence[Row]], file: Path) -> None:
    """A row per column, as the metadata of a variable asks for them (MS-Var)."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(_HEAD)
        for view, rows in views.items():
            writer.writerows((view, row["name"], "", row["meaning"], row["text"], row["type"], "Ya") for row in rows)

"""What the published views mean in the words of Satu Data Indonesia: variables (MS-Var) and indicators (MS-Ind).

Meanings are the comments of the database; what only an indicator has stands in `indicators.csv`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from shared.database.pool import Row

INDICATORS = Path(__file__).with_name("indicators.csv")
VARIABLES_FILE, INDICATORS_FILE = "MS-Var.csv", "MS-Ind.csv"
_VARIABLE = ("Kegiatan", "Nama Variabel", "Alias", "Konsep", "Definisi", "Tipe Data", "Dapat Diakses Umum")
_INDICATOR = (
    *("Nama Indikator", "Konsep", "Definisi", "Interpretasi", "Metode/Rumus Penghitungan", "Ukuran", "Satuan"),
    *("Klasifikasi Penyajian", "Indikator Komposit", "Kegiatan Penghasil", "Variabel Pembangun", "Level Estimasi"),
    *("Dapat Diakses Umum", "Kolom"),
)


def describe(views: Mapping[str, Sequence[Row]], folder: Path) -> None:
    """Write both files into `folder` for these views and their columns (name, type, text, meaning of the view)."""
    _write(folder / VARIABLES_FILE, _VARIABLE, _variables(views))
    _write(folder / INDICATORS_FILE, _INDICATOR, _indicators(views))


def _variables(views: Mapping[str, Sequence[Row]]) -> Iterable[Sequence[str]]:
    for view, columns in views.items():
        for column in columns:
            yield view, column["name"], "", column["meaning"], column["text"], column["type"], "Ya"


def _indicators(views: Mapping[str, Sequence[Row]]) -> Iterable[Sequence[str]]:
    meanings = {(view, column["name"]): column["text"] for view, columns in views.items() for column in columns}
    with INDICATORS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = row["view"], row["column"]
            if key in meanings:
                told = (row[name] for name in ("interpretation", "formula", "measure", "unit"))
                made = row["view"], row["variables"], row["level"], "Ya", row["column"]
                yield row["name"], row["concept"], meanings[key], *told, row["level"], "Tidak", *made


def _write(file: Path, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)

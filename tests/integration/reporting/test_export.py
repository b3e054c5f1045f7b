"""Published views as files, read as `dashboard_reader`."""

from __future__ import annotations

import csv
import os
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from services.reporting.cli import export_views
from services.reporting.usecases.export import UnknownViewError
from tests.support.projecting import bought, facts_of
from tests.support.servers import World


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as read:
        return list(csv.DictReader(read))


def head_of(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as read:
        return next(csv.reader(read))


async def test_every_view_is_a_file_and_every_column_is_explained(world: World, tmp_path: Path) -> None:
    async with facts_of(world) as facts:
        await facts.apply([bought("a"), bought("b")])
    counts = await export_views(world.database_url, "all", tmp_path)
    assert {name: len(rows_of(tmp_path / f"{name}.csv")) for name in counts} == counts
    (sold,) = rows_of(tmp_path / "v1_seller_tally.csv")
    assert (sold["seller_code"], sold["purchases"], sold["spend_idr"]) == ("KOP-BEJI-01", "2", "260000")
    told = {(row["Kegiatan"], row["Nama Variabel"]): row["Definisi"] for row in rows_of(tmp_path / "MS-Var.csv")}
    assert {("v1_seller_tally", name) for name in sold} <= set(told)
    assert all(told.values())


async def test_parquet_has_the_same_rows_with_types_and_meanings(world: World, tmp_path: Path) -> None:
    async with facts_of(world) as facts:
        await facts.apply([bought("a"), bought("b")])
    counts = await export_views(world.database_url, "all", tmp_path, "parquet")
    await export_views(world.database_url, "all", tmp_path)
    for view, rows in counts.items():
        table = pq.read_table(tmp_path / f"{view}.parquet")
        assert (table.num_rows, table.column_names) == (rows, head_of(tmp_path / f"{view}.csv"))
        assert all(field.metadata[b"comment"] for field in table.schema)
    (sold,) = pq.read_table(tmp_path / "v1_seller_tally.parquet").to_pylist()
    assert (sold["spend_idr"], sold["local_date"]) == (260_000, date(2021, 7, 22))
    units = pq.read_table(tmp_path / "v1_unit_tally.parquet").to_pylist()
    assert max(row["participation_percent"] for row in units) > 0


async def test_every_indicator_is_a_column_that_is_there_and_every_share_is_an_indicator(
    world: World, tmp_path: Path
) -> None:
    await export_views(world.database_url, "all", tmp_path)
    variables = {(row["Kegiatan"], row["Nama Variabel"]) for row in rows_of(tmp_path / "MS-Var.csv")}
    indicators = rows_of(tmp_path / "MS-Ind.csv")
    assert {(row["Kegiatan Penghasil"], row["Kolom"]) for row in indicators} <= variables
    assert all(value for row in indicators for value in row.values())
    shares = {column for _, column in variables if column.endswith("_percent") or column == "gini"}
    assert shares <= {row["Kolom"] for row in indicators}


async def test_one_view_alone_and_a_name_that_is_none(world: World, tmp_path: Path) -> None:
    assert await export_views(world.database_url, "v1_unit_tally", tmp_path) == {"v1_unit_tally": 101}
    assert sorted(os.listdir(tmp_path)) == ["MS-Ind.csv", "MS-Var.csv", "v1_unit_tally.csv"]
    with pytest.raises(UnknownViewError):
        await export_views(world.database_url, 'v1"; drop table x', tmp_path)

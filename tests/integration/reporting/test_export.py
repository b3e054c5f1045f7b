"""Published views as files, read as `dashboard_reader`."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from services.reporting.cli import export_views
from services.reporting.usecases.export import UnknownViewError
from tests.support.projecting import bought, facts_of
from tests.support.servers import World


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as read:
        return list(csv.DictReader(read))


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


async def test_one_view_alone_and_a_name_that_is_none(world: World, tmp_path: Path) -> None:
    assert await export_views(world.database_url, "v1_unit_tally", tmp_path) == {"v1_unit_tally": 101}
    assert sorted(os.listdir(tmp_path)) == ["MS-Var.csv", "v1_unit_tally.csv"]
    with pytest.raises(UnknownViewError):
        await export_views(world.database_url, 'v1"; drop table x', tmp_path)

"""`peduli import` against a real service process: 10,000 rows of which 3 % are bad, and its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from peduli.processes import Running
from peduli.servers.server import free_port
from services.purchases.documents.columns import PURCHASES
from shared.reference.load import load
from shared.sheets.spreadsheet import read
from tests.integration.purchases.test_intake import rows
from tests.support.servers import World
from tests.support.sheets import HEADINGS, purchases, xlsx

CITY = load("3276")


@pytest.fixture
def purchases_service(world: World, tmp_path: Path) -> Iterator[Running]:
    """The service as a process of its own, in this test's database."""
    port = free_port()
    environment = {
        **os.environ,
        "PEDULI_AMQP_URL": world.rabbitmq.url,
        "PEDULI_DATABASE_URL": world.database_url,
        "PEDULI_HASH_KEY": "test",
        "PEDULI_SEAL_KEY": "test",
        "PEDULI_OPEN_DOORS": "true",
        "PEDULI_HTTP_PORT": str(port),
    }
    running = Running("purchases", f"http://127.0.0.1:{port}", environment, tmp_path / "purchases.log")
    running.start()
    running.wait_ready()
    yield running
    running.stop()


def bring(path: Path, url: str, *more: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, what a program reads, and what a person reads."""
    command = [sys.executable, "-m", "peduli", "import", str(path), "--url", url, "--source", "/unit/dkum", "--json"]
    done = subprocess.run([*command, *more], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


async def test_ten_thousand_rows_of_which_300_are_bad(world: World, purchases_service: Running, tmp_path: Path) -> None:
    path = tmp_path / "belanja.xlsx"
    path.write_bytes(xlsx([HEADINGS, *purchases(CITY, 10_000, bad=300)]))
    code, found, told = bring(path, purchases_service.url, "--yes")
    assert (code, found["results"], found["rows_refused"]) == (1, {"recorded": 9_700}, 300), told
    assert await rows(world, "select count(*)::int as n from purchases") == [{"n": 9_700}]
    refused = read((tmp_path / "belanja-ditolak.xlsx").read_bytes(), PURCHASES).rows
    assert len(refused) == 300
    assert {row.cells["unit"] for row in refused} == {"TIDAK-ADA"}
    code, found, _ = bring(path, purchases_service.url, "--yes")
    assert (code, found["results"]) == (1, {"known": 9_700})
    assert await rows(world, "select count(*)::int as n from event_log where type = 'purchase.recorded.v1'") == [
        {"n": 9_700}
    ]


async def test_its_exit_codes_tell_what_became_of_the_file(
    world: World, purchases_service: Running, tmp_path: Path
) -> None:
    good, bad, broken = (tmp_path / name for name in ("baik.xlsx", "buruk.xlsx", "rusak.xlsx"))
    good.write_bytes(xlsx([HEADINGS, *purchases(CITY, 20)]))
    bad.write_bytes(xlsx([HEADINGS, *purchases(CITY, 20, bad=20)]))
    broken.write_bytes(good.read_bytes()[:1000])
    code, _, told = bring(good, purchases_service.url)
    assert (code, "--yes" in told) == (2, True)
    assert await rows(world, "select 1 from purchases") == []
    assert bring(good, purchases_service.url, "--yes")[0] == 0
    code, _, told = bring(bad, purchases_service.url, "--yes")
    assert (code, (tmp_path / "buruk-ditolak.xlsx").exists()) == (2, True)
    code, _, told = bring(broken, purchases_service.url, "--yes")
    assert (code, "Berkas rusak" in told) == (2, True)
    assert bring(good, "http://127.0.0.1:9", "--yes")[0] == 2

"""`peduli import` against a real service process: 10,000 rows of which 3 % are bad, and its exit codes."""

from __future__ import annotations

import json
import os
import re
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
from tests.support.access import add
from tests.support.running import caller
from tests.support.servers import World
from tests.support.sheets import HEADINGS, purchases, xlsx
from tests.support.terminal import type_

CITY = load("3276")
UNIT = "32.76.DKUM"
SEEN = {"FORCE_COLOR": "1", "COLUMNS": "120", "NO_COLOR": "1"}  # a bar is drawn for people only
SOURCE = f"/unit/{UNIT}"  # as the unit's officer: what is imported stands in her book


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


def words(path: Path, url: str, *more: str) -> tuple[str, ...]:
    """What is typed behind `peduli`."""
    return "import", str(path), "--url", url, "--source", SOURCE, "--json", *more


def bring(path: Path, url: str, *more: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, what a program reads, and what a person reads."""
    ended = type_(words(path, url, *more), SEEN)
    return ended.code, json.loads(ended.out or "{}"), ended.err


def bring_from_a_shell(path: Path, url: str, *more: str) -> tuple[int, dict[str, Any], str]:
    """The same of a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "peduli", *words(path, url, *more)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        env={**os.environ, **SEEN},
    )
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr


async def test_ten_thousand_rows_of_which_300_are_bad(world: World, purchases_service: Running, tmp_path: Path) -> None:
    path = tmp_path / "belanja.xlsx"
    told_rows = purchases(CITY, 10_000, bad=300, unit=UNIT)
    path.write_bytes(xlsx([HEADINGS, *told_rows]))
    code, found, told = bring_from_a_shell(path, purchases_service.url, "--yes")
    assert (code, found["results"], found["rows_refused"]) == (1, {"recorded": 9_700, "rejected": 300}, 300), told
    assert "Saran (dicatat juga tanpa ini): 9700 nota tanpa tautan unggahan" in told
    for title in ("membaca dan memeriksa", "mencatat"):
        assert re.search(rf"{title} .*[1-9]\d{{0,2}}%", told), "the bar did not move"
    assert await rows(world, "select count(*)::int as n from purchases") == [{"n": 9_700}]
    refused = read((tmp_path / "belanja-ditolak.xlsx").read_bytes(), PURCHASES).rows
    assert len(refused) == 300
    assert {row.cells["unit"] for row in refused} == {"TIDAK-ADA"}
    path.write_bytes(xlsx([HEADINGS, *told_rows[:2_000]]))  # again: more than are recorded side by side
    code, found, _ = bring(path, purchases_service.url, "--yes")
    assert (code, found["results"]) == (1, {"known": 1_939, "rejected": 61})
    assert await rows(world, "select count(*)::int as n from event_log where type = 'purchase.recorded.v1'") == [
        {"n": 9_700}
    ]


async def test_its_exit_codes_tell_what_became_of_the_file(
    world: World, purchases_service: Running, tmp_path: Path
) -> None:
    good, bad, broken = (tmp_path / name for name in ("baik.xlsx", "buruk.xlsx", "rusak.xlsx"))
    good.write_bytes(xlsx([HEADINGS, *purchases(CITY, 20, unit=UNIT)]))
    bad.write_bytes(xlsx([HEADINGS, *purchases(CITY, 20, bad=20, unit=UNIT)]))
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


async def test_a_publisher_at_its_limit_is_waited_for(world: World, purchases_service: Running, tmp_path: Path) -> None:
    token = (await add(world, "import", sources=(SOURCE,), requests=60)).token
    path, headers = tmp_path / "belanja.xlsx", {"Authorization": f"Bearer {token}"}
    path.write_bytes(xlsx([HEADINGS, *purchases(CITY, 20, unit=UNIT)]))
    async with caller(purchases_service.url, headers=headers) as client:
        while (await client.get("/v1/files")).status_code == 200:
            pass
    code, found, told = bring(path, purchases_service.url, "--yes", "--token", token)
    assert (code, found["results"]) == (0, {"recorded": 20}), told
    assert "Batas per menit tercapai; dilanjutkan dalam 1 detik" in told

"""What an auditor's ready questions find, and a sample that is drawn the same again."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from services.reporting.usecases.inspection import UnknownAnswerError, count
from tests.support.projecting import bought, facts_of, isolating, key, packet, released
from tests.support.servers import World
from tests.support.terminal import Ended, type_

JULY = ("--from", "2021-07-01", "--to", "2021-07-31")


def audit(world: World, *words: str) -> Ended:
    return type_(("audit", *words), {"PEDULI_DATABASE_URL": world.database_url})


def priced(name: str, price_idr: int, pieces: int = 1, **changes: Any) -> Any:
    lines = [{"line_no": 1, "sku": "TELUR-1KG", "quantity": pieces, "unit_price_idr": price_idr}]
    return bought(name, lines=lines, total_idr=pieces * price_idr, **changes)


async def happened(world: World) -> None:
    """One of each that is worth a second look, and beside it what is not."""
    usual = [priced(f"usual {n}", 28_000 + n, buyer_key=f"b{n}") for n in range(5)]
    odd = [priced("dear", 60_000), priced("limit", 28_000, 35), *(priced(f"twin {n}", 27_500) for n in range(2))]
    homes = [isolating("home"), isolating("ill", days=10), released("ill", 2, hours=48)]
    doors = [("one", "home", 1), ("two", "home", 48), ("a week on", "home", 217), ("late", "ill", 50)]
    carried = [packet(task, "delivered", 1, hours=at, household=home, purchase="dear") for task, home, at in doors]
    async with facts_of(world) as facts:
        await facts.apply([*usual, *odd, *homes, *carried])


async def test_what_is_worth_a_second_look_is_found_and_nothing_else(world: World) -> None:
    await happened(world)
    found = [(row["check"], row["id"]) for row in json.loads(audit(world, "find", *JULY, "--json").out)]
    twins = sorted(key(f"twin {n}") for n in range(2))
    assert found == [
        ("two packets to one household in 7 days", key("two")),
        ("packet after the end of the isolation", key("late")),
        ("price above twice the median", key("dear")),
        ("receipt just under a round sum", key("limit")),
        *(("receipt like another", twin) for twin in twins),
    ]


async def test_a_sample_is_drawn_the_same_again_and_its_answers_are_counted(world: World, tmp_path: Path) -> None:
    await happened(world)
    drawn = []
    for seed in (7, 7, 8):
        out = tmp_path / "sample.csv"
        audit(world, "sample", *JULY, "--seed", str(seed), "--receipts", "4", "--doors", "2", "--out", str(out))
        drawn.append(out.read_text())
    assert drawn[0] == drawn[1] != drawn[2]
    rows = list(csv.DictReader(drawn[0].splitlines()))
    assert [row["what"] for row in rows] == ["receipt"] * 4 + ["door"] * 2
    for row, answer in zip(rows, ("yes", "yes", "no", "Issues", "yes", ""), strict=True):
        row["answer"] = answer
    assert [(row["what"], row["answer"], row["percent"]) for row in count(rows)] == [
        ("door", "open", 50.0),
        ("door", "yes", 50.0),
        ("receipt", "issues", 25.0),
        ("receipt", "no", 25.0),
        ("receipt", "yes", 50.0),
    ]
    with pytest.raises(UnknownAnswerError):
        count([rows[0] | {"answer": "perhaps"}])
    assert json.loads(audit(world, "result", str(out), "--json").out)[0]["answer"] == "open"

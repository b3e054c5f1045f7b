"""What is hidden about few packets cannot be reckoned back from what the views show, by whoever may read them."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from services.reporting.documents.report import tables
from services.reporting.usecases.report import gather
from shared.database.pool import connect
from shared.reference.load import load
from tests.support.servers import World

FIRST = date(2021, 7, 22)
COUNTS = ("assigned", "accepted", "delivered", "failed", "returned", "recalled")
Cell = tuple[str, date]
WHOLE_DAY, WHOLE_TIME = "", date.max  # a day of the city; a kelurahan, or the city, since the beginning


async def carried(world: World, cells: dict[Cell, int]) -> None:
    """Of each kelurahan on each day so many packets assigned and delivered, two pieces in each."""
    rows = [(place, day, count, count, 2 * count) for (place, day), count in cells.items()]
    connection = await asyncpg.connect(world.database_url)
    await connection.executemany("insert into facts.tally_region_day values ($1, $2, $3, 0, $4, 0, 0, 0, $5)", rows)
    await connection.close()


async def read(world: World, sql: str) -> list[dict[str, Any]]:
    """What an analyst sees."""
    connection = await asyncpg.connect(world.database_url)
    await connection.execute("set role dashboard_reader")
    rows = [dict(row) for row in await connection.fetch(sql)]
    await connection.close()
    return rows


async def published(world: World) -> dict[Cell, int | None]:
    """Every cell about delivered packets in all views."""
    days = await read(world, "select * from reporting.v1_distribution_tally")
    places = await read(world, "select * from reporting.v1_distribution_place")
    city = await read(world, "select * from reporting.v1_distribution_city")
    (whole,) = await read(world, "select * from reporting.v1_distribution_total")
    for row in (*days, *places, *city, whole):
        assert not any(row[name] in (1, 2, 3, 4) for name in COUNTS)
        assert row["is_suppressed"] or None not in [row[name] for name in COUNTS]
        assert (row["delivered"] is None) == (row["pieces_delivered"] is None)
    found = {(row["kelurahan"], row["local_date"]): row["delivered"] for row in days}
    found |= {(row["kelurahan"], WHOLE_TIME): row["delivered"] for row in places}
    found |= {(WHOLE_DAY, row["local_date"]): row["delivered"] for row in city}
    return found | {(WHOLE_DAY, WHOLE_TIME): whole["delivered"]}


def reckoned(shown: dict[Cell, int | None]) -> set[Cell]:
    """The hidden cells that a sum gives away whose other cells are all known, again and again."""
    places, days = ({cell[place] for cell in shown} for place in (0, 1))
    sums = [[cell for place in places if (cell := (place, day)) in shown] for day in days]
    sums += [[cell for day in days if (cell := (place, day)) in shown] for place in places]
    hidden = {cell for cell, count in shown.items() if count is None}
    known = set(shown) - hidden
    while given := {cells[0] for cells in ([c for c in cells if c not in known] for cells in sums) if len(cells) == 1}:
        known |= given
    return hidden & known


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_hidden_is_reckoned_from_days_places_and_the_city(world: World, seed: int) -> None:
    drawn, city = random.Random(seed), load("3276")
    sizes = ([0, 3, 7, 40], [0, 0, 0, 2], [5, 9, 12, 3], [0, 0, 1, 4, 6])[seed]
    cells = {
        (place, FIRST + timedelta(days=n)): drawn.choice(sizes)
        for place in city.kelurahan[: 3 + 4 * seed]
        for n in range(6)
        if drawn.random() < 0.8
    }
    cells |= {(city.kelurahan[0], FIRST + timedelta(days=9)): 3}  # alone on its day
    await carried(world, cells)
    shown = await published(world)
    assert {cell for cell, count in cells.items() if 0 < count < 5} <= {
        c for c, count in shown.items() if count is None
    }
    assert all(shown[cell] in (None, count) for cell, count in cells.items())
    assert shown[WHOLE_DAY, WHOLE_TIME] == sum(cells.values())
    assert reckoned(shown) == set()


async def test_a_lone_hidden_kelurahan_takes_the_next_larger_one_with_it(world: World) -> None:
    beji, kukusan, kemiri, pocin = load("3276").kelurahan[:4]
    days = [FIRST, FIRST + timedelta(days=1)]
    counts = {beji: 3, kukusan: 30, kemiri: 8, pocin: 0}
    await carried(world, {(place, day): count for place, count in counts.items() for day in days})
    shown = await published(world)
    assert [shown[place, days[0]] for place in counts] == [None, 30, None, 0]
    assert shown[WHOLE_DAY, days[0]] == 41
    assert [shown[place, WHOLE_TIME] for place in counts] == [6, 60, 16, 0]  # which are of two days, of none alone
    connection = await connect(world.database_url, "facts")
    for first, whole, wanted in ((days[0], 82, [6, 60, 16, 0]), (days[1], 41, [None, 30, None, 0])):
        content = await gather(connection, load("3276"), first, days[1])
        steps = next(table for table in tables(content) if table.title.startswith("Janji")).rows
        assert steps[3] == ["Sampai di pintu", "–", whole]
        rows = {row["kelurahan"]: row["delivered"] for part in content["kecamatan"] for row in part["rows"]}
        assert [rows[place] for place in counts] == wanted
    await connection.close()


async def test_households_of_a_place_are_told_from_five_on(world: World) -> None:
    beji, kukusan = load("3276").kelurahan[:2]
    await carried(world, {(beji, FIRST): 9, (kukusan, FIRST): 9})
    connection = await asyncpg.connect(world.database_url)
    for place, homes in ((beji, 4), (kukusan, 5)):
        await connection.execute(
            """insert into facts.fct_household select gen_random_uuid(), '3276', 1, $1, 4, now() - interval '1 day',
              now() + interval '9 days', false from generate_series(1, $2)""",
            place,
            homes,
        )
    await connection.close()
    sql = """select active_households, unmet_households, is_suppressed from reporting.v1_distribution_place
      order by kelurahan"""
    assert [tuple(row.values()) for row in await read(world, sql)] == [(None, None, True), (5, 5, False)]

"""What is hidden about few packets cannot be reckoned back from what the views show, by whoever may read them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from services.reporting.documents.report import tables
from services.reporting.usecases.report import gather
from shared.contracts.recipients import FEWEST
from shared.database.pool import connect
from shared.reference.load import load
from shared.reference.week import WEEK, round_of
from tests.support.projecting import counted, facts_of
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


@pytest.mark.parametrize("larger", [(1, 2), (2, 1)])  # whichever of the two it is
async def test_a_lone_hidden_kelurahan_takes_the_next_larger_one_with_it(world: World, larger: tuple[int, int]) -> None:
    beji, kukusan, kemiri, pocin = (load("3276").kelurahan[n] for n in (0, *larger, 3))
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


async def test_households_of_a_place_are_told_from_the_fewest_on(world: World) -> None:
    beji, kukusan = load("3276").kelurahan[:2]
    await carried(world, {(beji, FIRST): 9, (kukusan, FIRST): 9})
    connection = await asyncpg.connect(world.database_url)
    for place, homes in ((beji, FEWEST - 1), (kukusan, FEWEST)):
        await connection.execute(
            """insert into facts.fct_household select gen_random_uuid(), '3276', 1, $1, 4, now() - interval '1 day',
              now() + interval '9 days', false from generate_series(1, $2)""",
            place,
            homes,
        )
    await connection.close()
    sql = """select active_households, unmet_households, is_suppressed from reporting.v1_distribution_place
      order by kelurahan"""
    assert [tuple(row.values()) for row in await read(world, sql)] == [(None, None, True), (FEWEST, FEWEST, False)]


WEEKS = [date(2021, 7, 5) + n * WEEK for n in range(6)]


async def counts(world: World, cells: dict[Cell, int], weeks: Sequence[date]) -> None:
    """A count of each of these weeks, as many packets as there were: five of aparatur, the others of warga."""
    events = []
    for monday in weeks:
        packets = sum(n for (_, day), n in cells.items() if round_of(day) == monday)
        last = monday + timedelta(days=6)
        events.append(counted(f"{monday}", f"{monday}", f"{last}", warga=packets - 5, aparatur=5))
    async with facts_of(world) as facts:
        await facts.apply(events)


@pytest.mark.parametrize("seed", range(6))
async def test_a_count_of_weeks_gives_no_day_of_few_packets_away(world: World, seed: int) -> None:
    drawn, kelurahan = random.Random(seed), load("3276").kelurahan[0]
    days = [monday + timedelta(days=n) for monday in WEEKS for n in range(7)]
    cells = {(kelurahan, day): drawn.choice([0, 0, 0, 12, 20, 31, drawn.randint(1, 6)]) for day in days}
    cells |= {(kelurahan, monday): 40 + n for n, monday in enumerate(WEEKS)}
    await carried(world, cells)
    told = WEEKS[: 3 + seed % 4]
    await counts(world, cells, told)
    rows = await read(world, "select first_date, sum(packets)::int as n from reporting.v1_recipients group by 1")
    sums = {row["first_date"]: row["n"] for row in rows}
    by_day = await read(world, "select local_date, delivered from reporting.v1_distribution_city")
    shown = {row["local_date"]: row["delivered"] for row in by_day}
    assert {day for (_, day), n in cells.items() if 0 < n < 5} <= {day for day, n in shown.items() if n is None}
    hidden = {monday for monday in told if sums[monday] is None}
    known = [[day for day in days if round_of(day) == monday] for monday in told if monday not in hidden]
    known.append([day for day in days if not any(day in week for week in known)])  # what the whole leaves over
    for group in known:
        unknown = [cells[kelurahan, day] for day in group if shown[day] is None]
        assert not unknown or (len(unknown) > 1 and sum(unknown) >= 5)
    for monday in told:
        assert sums[monday] in (None, sum(cells[kelurahan, day] for day in days if round_of(day) == monday))


@pytest.mark.parametrize(("later", "wanted"), [(0, 47), (2, None)])
async def test_a_count_is_hidden_where_the_days_of_no_count_would_be_given_away(
    world: World, later: int, wanted: int | None
) -> None:
    kelurahan, (monday, after) = load("3276").kelurahan[0], WEEKS[:2]
    cells = {(kelurahan, monday + timedelta(days=n)): packets for n, packets in enumerate((40, 3, 4))}
    cells |= {(kelurahan, after): 50, (kelurahan, after + timedelta(days=1)): later}
    await carried(world, cells)
    await counts(world, cells, [monday])
    assert await read(world, "select sum(packets)::int as n from reporting.v1_recipients") == [{"n": wanted}]


async def test_a_report_hides_both_groups_where_the_rest_would_be_few(world: World) -> None:
    kelurahan = load("3276").kelurahan[0]
    monday, after = WEEKS[0], WEEKS[1]
    connection = await connect(world.database_url, "facts")
    for rest, wanted in ((0, [[25, 50], [5, 10]]), (3, [["·", "–"]]), (9, [[25, 50], [5, 10], [9, "–"]])):
        await connection.execute("truncate facts.tally_region_day, facts.fct_recipients, inbox, aggregate_versions")
        cells = {(kelurahan, monday): 30, (kelurahan, after): rest, (kelurahan, after + WEEK): 8}  # hidden with 3
        await carried(world, cells)
        await counts(world, cells, [monday])
        content = await gather(connection, load("3276"), monday, after)
        (table,) = [table for table in tables(content) if table.title.endswith("menurut penerima")]
        assert [list(row[1:]) for row in table.rows] == wanted
        assert ("5 – 11 Juli 2021" in table.note) == (rest != 3)
    await connection.close()

"""The week of 24 to 30 July 2021: 38 units and 1,415 packets, each of which goes to one place and one door."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from peduli.__main__ import app
from services.distribution.cli.simulate import WeekFigures, read_pledges, replay
from services.distribution.domain.allocation.snapshot import Rules
from services.distribution.domain.rounds import Line, carry_before
from services.distribution.domain.simulation.play import play
from services.distribution.domain.simulation.policies import in_place
from services.distribution.domain.simulation.week import (
    Carried,
    by_equal_numbers,
    by_hundreds,
    by_plan,
    isolated,
    with_goods,
)
from services.distribution.domain.simulation.world import History, build
from tests.support.cities import KECAMATAN, REFERENCE

MONDAY, UNITS, PACKETS = date(2021, 7, 26), 38, 1415
PLEDGES = read_pledges("3276", MONDAY)
Week = tuple[list[Line], dict[str, WeekFigures]]


@pytest.fixture(scope="module")
def played() -> Week:
    lines, found = replay("3276", MONDAY, seed=1)
    return lines, {one.way: one for one in found}


def test_the_pledges_are_those_of_38_perangkat_daerah() -> None:
    assert (len(PLEDGES), sum(PLEDGES.values())) == (UNITS, PACKETS)
    kinds = Counter(REFERENCE.units[unit].kind for unit in PLEDGES)
    assert kinds == {"opd": 27, "kecamatan": 11}
    assert min(PLEDGES.values()) > 0


def test_the_plan_carries_each_packet_once_and_to_every_kecamatan(played: Week) -> None:
    lines, _ = played
    assert len({(line.unit, line.kecamatan) for line in lines}) == len(lines)
    carried = Counter[str]()
    for line in lines:
        carried[line.unit] += line.packets
    assert carried == PLEDGES
    assert {line.kecamatan for line in lines} == set(KECAMATAN.values())


def test_every_way_carries_what_the_units_have_and_no_more(played: Week) -> None:
    ways = {
        "plan": by_plan(REFERENCE, played[0]),
        "100": by_hundreds(REFERENCE, PLEDGES, seed=1),
        "equal": by_equal_numbers(REFERENCE, PLEDGES, seed=1),
    }
    for way, carried in ways.items():
        assert summed(carried, "unit") == PLEDGES, way
        assert len({(one.unit, one.kelurahan) for one in carried}) == len(carried), way
    assert sorted(summed(ways["100"], "kelurahan").values()) == [15, *[100] * 14]
    assert set(summed(ways["equal"], "kelurahan").values()) == {22, 23}
    assert ways["100"] != by_hundreds(REFERENCE, PLEDGES, seed=2)


def test_ours_leaves_no_kelurahan_out_and_reaches_more_people_than_the_same_number_everywhere(played: Week) -> None:
    ours, hundreds, equal = played[1].values()
    for one in (ours, hundreds, equal):
        assert one.packets == PACKETS
        assert one.households <= one.in_time <= PACKETS - one.late
    assert ours.households == ours.in_time  # nobody has a second packet while others have none
    assert (ours.kelurahan_with_none, equal.kelurahan_with_none) == (0, 0)
    assert hundreds.kelurahan_with_none == 63 - 15
    assert ours.persons > 1.3 * max(hundreds.persons, equal.persons)
    assert ours.late < min(hundreds.late, equal.late)
    assert ours.jain_kelurahan > 0.98 > max(hundreds.jain_kelurahan, equal.jain_kelurahan)


def test_the_command_plays_the_same_week_again(played: Week) -> None:
    told = json.loads(CliRunner().invoke(app, ["simulate", "--week", "2021-07-26", "--json"]).stdout)
    lines, figures = played
    assert [WeekFigures(**one) for one in told["ways"]] == list(figures.values())  # but for the milliseconds
    assert [(one["unit"], one["kecamatan"], one["packets"]) for one in told["plan"]] == [
        (line.unit, line.kecamatan, line.packets) for line in lines
    ]
    assert set(told["ways"][0]) == set(asdict(figures["ours"]))


def test_the_command_knows_no_other_week_and_no_part_of_the_city() -> None:
    run = CliRunner().invoke
    assert "no pledges of the week 2021-07-19" in str(run(app, ["simulate", "--week", "2021-07-19"]).exception)
    assert run(app, ["simulate", "--week", "2021-07-26", "--scale", "0.2"]).exit_code == 2


def test_what_lies_in_a_kelurahan_stays_there_and_the_rest_is_left() -> None:
    bare = build(REFERENCE, History({MONDAY: 60}, {}), begin=MONDAY, days=7, scale=1.0, goods="kits", seed=3)
    here = bare.households[0].household.kelurahan
    world = with_goods(bare, MONDAY, [Carried("32.76.DKUM", here, PACKETS, 0.0)])
    found = play(world, in_place, Rules(), None)
    own = {one.household.household_id for one in world.households if one.household.kelurahan == here}
    assert 0 < len(found.door_hours) < PACKETS
    assert set(found.first_at) <= own
    assert set(found.km) == {0.0}


def test_who_is_free_again_is_not_in_isolation() -> None:
    bare = build(REFERENCE, History({MONDAY: 60}, {}), begin=MONDAY, days=7, scale=1.0, goods="kits", seed=3)
    at = carry_before(MONDAY, REFERENCE.zone)
    assert all(one.registered_at <= at < one.ends_at for one in isolated(bare, at))
    assert isolated(bare, at + timedelta(days=30)) == []


def summed(carried: list[Carried], column: str) -> dict[str, int]:
    """Packets by unit or by kelurahan."""
    found = Counter[str]()
    for one in carried:
        found[getattr(one, column)] += one.packets
    return dict(found)

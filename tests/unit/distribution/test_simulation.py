"""The simulation: one seed, one world; nothing is lost in it; and ours reaches more people than what was done."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from peduli.__main__ import app
from services.distribution.cli.simulate import Figures, charts, simulate
from services.distribution.domain.allocation.snapshot import Rules
from services.distribution.domain.simulation.charts import NAMES
from services.distribution.domain.simulation.measures import jain
from services.distribution.domain.simulation.play import play
from services.distribution.domain.simulation.policies import policies
from services.distribution.domain.simulation.world import History, World, build
from tests.support.cities import REFERENCE

JULY = date(2021, 7, 10)


@pytest.fixture(scope="module")
def played() -> tuple[dict[str, Figures], int]:
    """A twentieth of Depok in five weeks, with kits alone."""
    found, best = simulate("3276", begin=JULY, days=35, seed=7, scale=0.05, goods="kits", say=lambda words: None)
    assert best is not None
    return {one.policy: one for one in found}, best.persons


def world(seed: int = 1) -> World:
    history = History({date(2021, 7, 20 + day): 40 for day in range(8)}, {date(2021, 7, 24): 30})
    return build(REFERENCE, history, begin=date(2021, 7, 20), days=12, scale=1.0, goods="both", seed=seed)


def test_one_seed_makes_one_world_and_another_makes_another() -> None:
    assert world() == world()
    assert world() != world(2)


@pytest.mark.parametrize("name", policies())
def test_every_piece_is_delivered_spoilt_or_still_there(name: str) -> None:
    here = world()
    policy, _ = policies()[name]
    outcome = play(here, policy, Rules(), None)
    assert outcome.pieces == sum(lot.balances["available"] for _, lot in here.purchases)
    assert 0 < len(outcome.door_hours) <= outcome.packets
    assert outcome.expired <= outcome.pieces
    assert set(outcome.first_at) <= {one.household.household_id for one in here.households}


def test_ours_reaches_nearly_what_hindsight_reaches_and_more_than_what_was_done(
    played: tuple[dict[str, Figures], int],
) -> None:
    found, hindsight = played
    ours = found["ours"]
    assert ours.persons_reached >= 0.8 * hindsight
    for other in ("first come, first served", "equal numbers per kelurahan"):
        assert ours.persons_reached > 1.3 * found[other].persons_reached
    assert all(one.persons_reached <= hindsight for one in found.values())
    assert ours.planned_late == 0
    assert ours.late < 0.02 < found["first come, first served"].late


def test_improvement_never_changes_more_than_a_tenth(played: tuple[dict[str, Figures], int]) -> None:
    improved = played[0]["ours, improved"]
    assert improved.most_churn <= 0.1
    assert improved.planned_late == 0


def test_jains_index_is_1_for_equals_and_falls_to_a_part_of_them() -> None:
    assert jain([0.4, 0.4, 0.4]) == pytest.approx(1)
    assert jain([1, 0, 0, 0]) == pytest.approx(0.25)
    assert jain([]) == 1


def test_the_charts_are_drawings_with_every_policy(played: tuple[dict[str, Figures], int]) -> None:
    drawn = charts(list(played[0].values()), played[1])
    for text in drawn.values():
        root = ElementTree.fromstring(text)
        words = " ".join(part.text or "" for part in root.iter())
        assert all(NAMES[name] in words for name in played[0])


def test_the_command_prints_a_table_or_json_and_writes_charts(tmp_path: Path) -> None:
    run = CliRunner().invoke
    few = ["simulate", "--days", "6", "--begin", "2021-07-22", "--scale", "0.005", "--goods", "kits"]
    told = json.loads(run(app, [*few, "--json", "--charts", str(tmp_path)]).stdout)
    assert [one["policy"] for one in told["policies"]] == list(policies())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kelurahan.svg", "measures.svg", "reached.svg"]
    assert "persons reached in time" in run(app, few).stdout
    assert "no history" in str(run(app, ["simulate", "--city", "3273"]).exception)

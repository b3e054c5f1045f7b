"""The figures that ADR 14 holds the allocation to, in the world that it names: a tenth of Depok, 60 days, seed 1."""

from __future__ import annotations

from datetime import date

from services.distribution.cli.simulate import simulate

PERSONS_OF_HINDSIGHT = 0.95
SPOILT_BEYOND_WHAT_HAD_TO = 0.03
JAIN = 0.95
CHANGED_IN_A_RUN = 0.1


def test_ours_holds_what_it_promised_in_the_summer_of_2021() -> None:
    found, best = simulate(
        "3276", begin=date(2021, 7, 1), days=60, seed=1, scale=0.1, goods="both", say=lambda words: None
    )
    assert best is not None
    figures = {one.policy: one for one in found}
    for one in (figures["ours"], figures["ours, improved"]):
        assert one.persons_reached >= PERSONS_OF_HINDSIGHT * best.persons, one.policy
        assert one.expired - best.spoilt <= SPOILT_BEYOND_WHAT_HAD_TO, one.policy
        assert round(one.jain_kelurahan, 2) >= JAIN, one.policy  # told in two digits there
        assert one.planned_late == 0, one.policy
        assert one.most_churn <= CHANGED_IN_A_RUN, one.policy
    done = figures["first come, first served"], figures["equal numbers per kelurahan"]
    assert all(figures["ours"].persons_reached > 1.2 * one.persons_reached for one in done)

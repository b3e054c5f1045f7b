"""Who may receive of a programme by its city's data: where, with which groups, for how long, isolating or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.distribution.domain.eligibility import in_words
from services.distribution.domain.registration import Amendment, State, helped_elsewhere, read_amendment, read_report
from shared.access.model import EVERYTHING
from shared.contracts.field import HouseholdReport
from shared.contracts.reasons import Reason
from shared.reference.load import load
from shared.reference.model import Programme, Reference

DEPOK = load("3276")
NOW = datetime(2021, 12, 3, 3, tzinfo=UTC)
BEJI, TAPOS = "32.76.06.1001", "32.76.10.1001"
FLOOD = replace(
    DEPOK.programmes["isoman"],
    programme="banjir",
    starts_on=date(2021, 12, 1),
    has_isolation=False,
    groups=frozenset({"elderly", "infant"}),
    places=frozenset({"32.76.06", "32.76.10.1002"}),
    helps_until=date(2021, 12, 31),
)
BEGIN, OVER = datetime(2021, 12, 1, tzinfo=DEPOK.zone), datetime(2022, 1, 1, tzinfo=DEPOK.zone)
DAY = timedelta(days=1)


def city_with(programme: Programme = FLOOD) -> Reference:
    return replace(DEPOK, programmes={**DEPOK.programmes, "banjir": programme})


def read(programme: Programme = FLOOD, **told: Any) -> State | list[str]:
    """What is read of a household of four with an elder in Beji; of what is refused the codes."""
    home = {"household_ref": "KK-1", "kelurahan": BEJI, "size": 4, "groups": ["elderly"], "programme": "banjir"}
    report = HouseholdReport.model_validate({**home, "people": {"name": "Ibu", "address": "Jl. 1"}, **told})
    return codes(read_report(report, "house", city_with(programme), EVERYTHING, NOW))


def codes(found: State | list[Reason]) -> State | list[str]:
    return [reason.code for reason in found] if isinstance(found, list) else found


def test_without_isolation_the_days_of_the_programme_are_the_time_of_need() -> None:
    found = read()
    assert isinstance(found, State)
    assert (found.isolation_from, found.isolation_until) == (BEGIN, OVER)
    case = {"kind": "close_contact", "counted_from": "2021-12-02"}  # illness tells nothing of a flood
    assert read(cases=[case]) == found
    told = read(isolation_from=NOW, isolation_until=NOW + 5 * DAY)
    assert isinstance(told, State)
    assert (told.isolation_from, told.isolation_until) == (NOW, NOW + 5 * DAY)


def test_help_ends_with_the_programme_however_long_the_need_is_told() -> None:
    found = read(isolation_from=NOW, isolation_until=NOW + 200 * DAY)
    assert isinstance(found, State)
    assert found.isolation_until == OVER
    isolating = read(replace(FLOOD, has_isolation=True), isolation_from=NOW, isolation_until=NOW + 40 * DAY)
    assert isinstance(isolating, State)
    assert isolating.isolation_until == OVER


@pytest.mark.parametrize(
    ("programme", "told", "code"),
    [
        (FLOOD, {"groups": []}, "NOT_OF_THE_PROGRAMME"),
        (FLOOD, {"groups": ["pregnant"]}, "NOT_OF_THE_PROGRAMME"),
        (FLOOD, {"kelurahan": TAPOS}, "OUTSIDE_THE_PROGRAMME"),
        (FLOOD, {"isolation_from": OVER}, "PROGRAMME_IS_OVER"),
        (replace(FLOOD, helps_until=None), {}, "MISSING_FIELD"),
        (replace(FLOOD, has_isolation=True), {"isolation_from": NOW}, "MISSING_FIELD"),
    ],
)
def test_who_may_not_receive_is_told_why(programme: Programme, told: dict[str, Any], code: str) -> None:
    assert read(programme, **told) == [code]


def test_a_place_is_a_kecamatan_or_one_kelurahan_of_it_and_who_is_released_is_let_go_anywhere() -> None:
    assert isinstance(read(kelurahan="32.76.10.1002"), State)
    gone = read(kelurahan=TAPOS, groups=[], released="moved")
    assert isinstance(gone, State)
    assert gone.released == "moved"


def test_a_change_keeps_a_household_within_its_programme() -> None:
    home = read()
    assert isinstance(home, State)

    def amended(**change: Any) -> State | list[str]:
        return codes(read_amendment(home, Amendment(**change), city_with()))

    assert amended(kelurahan=TAPOS) == ["OUTSIDE_THE_PROGRAMME"]
    assert isinstance(amended(kelurahan=TAPOS, released="moved"), State)
    assert amended(isolation_until=OVER + DAY) == home  # extended beyond the help, it ends with the help
    late = replace(home, isolation_from=OVER, isolation_until=OVER + DAY)
    assert codes(read_amendment(late, Amendment(isolation_until=OVER + 2 * DAY), city_with())) == ["PROGRAMME_IS_OVER"]
    assert amended(rw=4) == replace(home, rw=4)


def test_a_household_is_on_the_list_of_one_programme_at_a_time() -> None:
    flooded = read()
    assert isinstance(flooded, State)
    ill = replace(flooded, programme="isoman")
    assert helped_elsewhere(ill, flooded, NOW)
    assert not helped_elsewhere(flooded, flooded, NOW)
    assert not helped_elsewhere(ill, flooded, OVER)
    assert not helped_elsewhere(replace(ill, released="recovered"), flooded, NOW)
    assert not helped_elsewhere(ill, replace(flooded, released="moved"), NOW)


def test_registrars_read_whom_a_programme_is_for() -> None:
    assert in_words(DEPOK.programmes["isoman"], DEPOK) == "keluarga yang isolasi"
    beji, tapos = DEPOK.regions["32.76.06"].name, DEPOK.regions["32.76.10.1002"].name
    told = f"keluarga dengan bayi atau lansia di Kecamatan {beji}, {tapos} sampai 31/12/2021"
    assert in_words(FLOOD, DEPOK) == told

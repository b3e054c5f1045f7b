"""The plan of a week: all packets go out, fair to the persons in need, near, and a person's word stays."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.distribution.domain.rounds import (
    Line,
    Move,
    Place,
    Pledged,
    RoundError,
    carry_before,
    explain_line,
    moved,
    places_of,
    plan_round,
    shares,
)
from shared.reference.load import load

DEPOK = load("3276")
UNITS, KECAMATAN = places_of(DEPOK)
DKUM, BEJI, TAPOS = "32.76.DKUM", "32.76.06", "32.76.10"
needs = st.fixed_dictionaries({code: st.integers(0, 3000) for code in KECAMATAN})
pledges = st.dictionaries(st.sampled_from(sorted(UNITS)), st.integers(0, 200), max_size=38)


def planned(packets: dict[str, int], needed: dict[str, int], *moves: Move) -> list[Line]:
    return plan_round(Pledged(packets, needed, UNITS, KECAMATAN, moves))


@given(pledges, needs)
def test_every_packet_goes_out_in_proportion_to_the_need(packets: dict[str, int], needed: dict[str, int]) -> None:
    lines, total = planned(packets, needed), sum(packets.values())
    if not sum(needed.values()):
        assert lines == []
        return
    for unit, count in packets.items():
        assert sum(line.packets for line in lines if line.unit == unit) == count
    for place, share in shares(total, needed).items():
        assert sum(line.packets for line in lines if line.kecamatan == place) == share
        assert abs(share - total * needed[place] / sum(needed.values())) < 1
    assert all(line.packets > 0 and explain_line(line.why) for line in lines)


@given(pledges, needs)
def test_the_order_of_the_input_does_not_matter(packets: dict[str, int], needed: dict[str, int]) -> None:
    again = planned(dict(reversed(packets.items())), dict(reversed(needed.items())))
    assert again == planned(packets, needed)


def test_a_unit_serves_its_own_kecamatan_first_and_one_of_the_city_carries_all_to_one_place() -> None:
    lines = planned({BEJI: 10, DKUM: 30}, {BEJI: 100, TAPOS: 300})
    assert [(line.unit, line.kecamatan, line.packets) for line in lines] == [(BEJI, BEJI, 10), (DKUM, TAPOS, 30)]
    assert explain_line(lines[0].why) == "wilayah kerja sendiri"
    assert explain_line(lines[1].why).startswith("terdekat yang masih memerlukan semuanya, ")


def test_what_fits_nowhere_whole_is_split_by_the_largest_gap() -> None:
    lines = planned({DKUM: 40}, {BEJI: 100, TAPOS: 300})
    assert {line.kecamatan: line.packets for line in lines} == {BEJI: 10, TAPOS: 30}
    assert explain_line(next(line for line in lines if line.kecamatan == TAPOS).why) == (
        "kekurangan terbesar saat itu, 30 paket"
    )


@given(pledges, needs, st.data())
def test_a_persons_change_stays_in_the_next_plan(
    packets: dict[str, int], needed: dict[str, int], data: st.DataObject
) -> None:
    before = planned(packets, needed)
    if not before:
        return
    line = data.draw(st.sampled_from(before))
    target = data.draw(st.sampled_from([code for code in sorted(KECAMATAN) if code != line.kecamatan]))
    move = Move(line.unit, line.kecamatan, target, data.draw(st.integers(1, line.packets)))
    changed = moved(before, move)
    assert sum(one.packets for one in changed) == sum(one.packets for one in before)
    again = planned(packets, needed, move)
    there = next(one for one in again if (one.unit, one.kecamatan) == (line.unit, target))
    assert there.packets >= move.packets
    assert "CHANGED" in there.why
    assert sum(one.packets for one in again) == sum(packets.values())


def test_a_change_of_more_than_there_is_is_refused() -> None:
    lines = planned({BEJI: 10}, {BEJI: 100})
    with pytest.raises(RoundError, match="carries 10 packets"):
        moved(lines, Move(BEJI, BEJI, TAPOS, 11))
    with pytest.raises(RoundError, match="carries 0 packets"):
        moved(lines, Move(DKUM, BEJI, TAPOS, 1))


def test_the_week_of_38_units_and_1415_packets_is_planned_in_less_than_a_second() -> None:
    units = sorted(UNITS)[:38]
    packets = {unit: 1415 // 38 + (number < 1415 % 38) for number, unit in enumerate(units)}
    began = time.process_time()
    lines = planned(packets, {code: 100 + 37 * number for number, code in enumerate(sorted(KECAMATAN))})
    assert time.process_time() - began < 1
    assert sum(line.packets for line in lines) == 1415
    assert len(lines) <= 38 + len(KECAMATAN) - 1  # as few ways as such a plan can need


def test_units_have_their_kecamatan_and_the_day_is_saturday_in_the_citys_time() -> None:
    assert UNITS[DKUM] == Place("", UNITS[DKUM].point)
    assert UNITS["32.76.06.1001"].kecamatan == BEJI
    assert carry_before(date(2021, 7, 26), DEPOK.zone).isoformat() == "2021-07-31T08:00:00+07:00"

"""One task: who may take it, what proves a delivery, and what follows when nobody reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.distribution.domain.proof import CODE_TRIES, Evidence, code_of, is_photo, witness_role
from services.distribution.domain.route import Stop, in_order, is_outside
from services.distribution.domain.task import (
    LEASE,
    LEASE_ON_PAPER,
    Decision,
    Task,
    Team,
    decide,
    is_conflict,
    meanwhile,
    overrule,
    parted,
    reassign,
    recall,
    sweep,
)
from services.distribution.domain.words import MEANWHILE
from shared.contracts.field import (
    AnyTaskReport,
    DeliveredPart,
    TaskAccept,
    TaskDelivery,
    TaskFailure,
    TaskHandover,
    TaskReturn,
)
from shared.contracts.tasks import TaskLine

NOW = datetime(2021, 7, 22, 3, tzinfo=UTC)
FRESH = Task("assigned", 1, "reserved")


def said(team: str = "tim-1", version: int | None = None) -> dict[str, object]:
    return {"report_id": UUID(int=7), "task_id": UUID(int=1), "team": team, "version": version}


def after(report: AnyTaskReport, task: Task = FRESH, **more: object) -> Decision:
    return decide(task, report, NOW, **more)  # type: ignore[arg-type]


ACCEPTED = after(TaskAccept(**said())).task
PROMISED = after(TaskAccept(**said(), fetched=False)).task
WITNESS = TaskDelivery(**said(), proof_kind="witness", proof="Ketua RT 03")


def lapse(task: Task, team: str) -> Task:
    """Accepted by a team, and its lease ends."""
    taken = after(TaskAccept(**said(team)), task)
    assert taken.told == "accepted", taken.refusal
    return sweep(taken.task, NOW + LEASE).task


def test_a_code_is_another_one_for_each_team_and_attempt() -> None:
    codes = {code_of(b"key", UUID(int=1), attempt, team) for attempt in (1, 2) for team in ("a", "b", "c")}
    assert len(codes) == 6
    assert all(len(code) == 4 and code.isdigit() for code in codes)


def test_a_code_takes_a_packet_only_from_the_team_that_accepted_it() -> None:
    evidence = Evidence(code="1234")
    report = TaskDelivery(**said(), proof_kind="code", proof=" 1234 ")
    assert after(report, evidence=evidence).refusal == "ACCEPT_FIRST"
    assert after(report, ACCEPTED, evidence=evidence).told == "delivered"
    assert after(report, ACCEPTED).refusal == "WRONG_CODE"  # no household sees a code: none fits
    other = TaskDelivery(**said("tim-2"), proof_kind="code", proof="1234")
    assert after(other, ACCEPTED, evidence=evidence).refusal == "TAKEN_BY_ANOTHER_TEAM"


def test_after_five_wrong_codes_the_right_one_is_refused_but_a_witness_is_not() -> None:
    task, evidence = ACCEPTED, Evidence(code="1234")
    for _ in range(CODE_TRIES):
        tried = after(TaskDelivery(**said(), proof_kind="code", proof="0000"), task, evidence=evidence)
        assert (tried.refusal, tried.told, tried.task.version) == ("WRONG_CODE", None, task.version)
        task = tried.task
    right = TaskDelivery(**said(), proof_kind="code", proof="1234")
    assert after(right, task, evidence=evidence).refusal == "CODE_LOCKED"
    assert after(WITNESS, task, evidence=evidence).told == "delivered"


def test_a_photo_must_have_come_and_a_witness_needs_a_role() -> None:
    photo = TaskDelivery(**said(), proof_kind="photo", proof="a" * 64)
    assert after(photo, ACCEPTED).refusal == "PHOTO_NOT_HERE"
    assert after(photo, ACCEPTED, evidence=Evidence(photos=frozenset({"a" * 64}))).told == "delivered"
    nobody = TaskDelivery(**said(), proof_kind="witness", proof="seseorang")
    assert after(nobody, ACCEPTED).refusal == "UNKNOWN_WITNESS"
    assert witness_role("Bu Contoh, ketua R.T. 02") == ""
    assert witness_role("Bu Contoh, Ketua RT. 02") == "ketua rt"
    assert is_photo(b"\xff\xd8\xff\xe0rest")
    assert not is_photo(b"%PDF-1.7")


def test_a_team_takes_what_it_can_carry() -> None:
    accept = TaskAccept(**said())
    assert after(accept, team=Team(12, 12)).refusal == "TEAM_FULL"
    assert after(accept, team=Team(11, 12)).told == "accepted"
    assert after(accept, team=Team(99, None)).told == "accepted"


def test_a_lease_over_gives_it_to_anybody_then_to_another_team_then_to_the_kecamatan() -> None:
    once = lapse(FRESH, "tim-1")
    assert (once.status, once.barred, once.level, once.holder) == ("assigned", (), "kelurahan", "tim-1")
    twice = lapse(once, "tim-1")
    assert (twice.barred, twice.level) == (("tim-1",), "kelurahan")
    assert after(TaskAccept(**said("tim-1")), twice).refusal == "ANOTHER_TEAMS_TURN"
    thrice = lapse(twice, "tim-2")
    assert (thrice.barred, thrice.level, thrice.lapses) == (("tim-1", "tim-2"), "kecamatan", 3)
    nobody = sweep(twice, NOW + 3 * LEASE).task  # there is no other team
    assert (nobody.level, nobody.lapses, nobody.lease_until) == ("kecamatan", 3, None)


def test_who_goes_with_a_printed_list_has_the_turn_until_he_is_back_to_tell() -> None:
    taken = after(TaskAccept(**said()), team=Team(on_paper=True)).task
    assert sweep(taken, NOW + LEASE).told is None
    assert sweep(taken, NOW + LEASE_ON_PAPER).told == "assigned"


def test_a_door_waits_for_the_time_that_its_team_has_at_the_lumbung() -> None:
    tomorrow, soon = NOW + timedelta(hours=20), NOW + timedelta(minutes=20)
    for fetches_by, until in ((tomorrow, tomorrow), (soon, NOW + LEASE)):
        taken = after(TaskAccept(**said(), fetched=False), team=Team(fetches_by=fetches_by)).task
        assert (taken.status, taken.lease_until) == ("accepted", until)


def test_who_still_has_the_packet_after_his_lease_may_say_what_became_of_it_and_nobody_else() -> None:
    over = lapse(FRESH, "tim-1")
    moved, chair = TaskFailure(**said(), reason="moved"), TaskHandover(**said(), to="rt")
    assert [(step.told, step.task.team) for step in (after(moved, over), after(chair, over))] == [
        ("failed", "tim-1"),
        ("handed_over", "tim-1"),
    ]
    assert after(TaskFailure(**said("tim-2"), reason="moved"), over).refusal == "TASK_IS_ASSIGNED"
    asked = reassign(over, "tim-2", "kelurahan", NOW).task
    assert after(moved, asked).refusal == "TASK_IS_ASSIGNED"  # another is on his way to fetch it
    taken = after(TaskAccept(**said("tim-2")), over).task
    assert overrule(taken, moved, NOW).task.team == "tim-2"  # who has it goes on answering for it


def test_nobody_at_home_is_tried_twice_more() -> None:
    task = FRESH
    for tried in range(3):
        failed = after(TaskFailure(**said(), reason="not_home"), after(TaskAccept(**said()), task).task).task
        assert (failed.retry_at is not None) == (tried < 2)
        task = sweep(failed, NOW + timedelta(hours=3)).task
    assert task.status == "failed"
    assert after(WITNESS, task).told == "delivered"  # somebody came out after all


def test_a_report_that_had_not_seen_another_is_kept_as_a_conflict() -> None:
    failed = after(TaskFailure(**said(version=2), reason="moved"), ACCEPTED).task
    late = TaskReturn(**said(version=2))
    refused = after(late, failed)
    assert refused.refusal == "STALE_VERSION"
    assert is_conflict(failed, late, refused.refusal)
    delivered = after(WITNESS, failed).task  # a packet at the door is the truth, whatever was seen
    again = after(WITNESS, delivered)
    assert (again.refusal, is_conflict(delivered, WITNESS, again.refusal)) == ("TASK_IS_DELIVERED", False)
    other = TaskFailure(**said("tim-2"), reason="refused")
    assert is_conflict(delivered, other, after(other, delivered).refusal)
    assert not is_conflict(FRESH, late, None)


def test_who_holds_a_packet_is_known_at_each_step() -> None:
    chair = after(TaskHandover(**said(), to="rt"), ACCEPTED).task
    back = after(TaskReturn(**said()), chair).task
    steps = [FRESH, ACCEPTED, chair, back, after(WITNESS, chair).task]
    held = [("lumbung", ""), ("team", "tim-1"), ("rt", "tim-1"), ("lumbung", ""), ("door", "tim-1")]
    assert [(task.custody, task.holder) for task in steps] == held
    lost = lapse(FRESH, "tim-1")
    assert after(TaskReturn(**said("tim-2")), lost).refusal == "NOT_IN_YOUR_HANDS"
    assert after(TaskReturn(**said("tim-1")), lost).told == "returned"
    assert after(TaskAccept(**said("tim-2")), lost).task.holder == "tim-2"


def test_a_box_that_does_not_fit_is_carried_on() -> None:
    lines = [
        TaskLine(lot_id=UUID(int=number), purchase_id=UUID(int=9), line_no=number, sku="X", quantity=number)
        for number in (1, 2, 3)
    ]
    one, three = (DeliveredPart(lot_id=UUID(int=number), quantity=1) for number in (1, 3))
    found = parted(lines, [one, three])
    assert found is not None
    assert [line.quantity for line in found[0]] == [1, 0, 1]
    assert [(line.line_no, line.quantity) for line in found[1]] == [(2, 2), (3, 2)]
    assert parted(lines, [DeliveredPart(lot_id=UUID(int=1), quantity=2)]) is None
    assert parted(lines, [DeliveredPart(lot_id=UUID(int=8), quantity=1)]) is None
    part = WITNESS.model_copy(update={"parts": (one,)})
    assert after(part).refusal == "ACCEPT_FIRST"
    assert after(part, ACCEPTED).told == "delivered"


@pytest.mark.parametrize("turn", range(3))
def test_doors_are_walked_by_rw_then_to_the_nearest(turn: int) -> None:
    stops = [
        Stop(UUID(int=1), 2, (-6.3700, 106.8200)),
        Stop(UUID(int=2), 1, (-6.3750, 106.8300)),
        Stop(UUID(int=3), 2, (-6.3745, 106.8290)),
        Stop(UUID(int=4), None, (-6.3600, 106.8000)),
        Stop(UUID(int=5), 2),
    ]
    mixed = stops[turn:] + stops[:turn]
    assert [stop.task_id.int for stop in in_order(mixed)] == [2, 3, 1, 5, 4]


@pytest.mark.parametrize("turn", range(5))
def test_the_families_of_one_house_are_one_trip_whatever_rw_each_told(turn: int) -> None:
    stops = [
        Stop(UUID(int=1), 1, (-6.3700, 106.8200), "a"),
        Stop(UUID(int=2), 1, (-6.3701, 106.8200), "b"),
        Stop(UUID(int=3), 1, None, "a"),
        Stop(UUID(int=4), None, None, "a"),
        Stop(UUID(int=5), 2, (-6.3710, 106.8200), ""),
        Stop(UUID(int=6), 2, (-6.3702, 106.8200), ""),  # two doors of no known house are not one
        Stop(UUID(int=7), 3, (-6.3703, 106.8200), "b"),
    ]
    mixed = stops[turn:] + stops[:turn]
    assert [stop.task_id.int for stop in in_order(mixed)] == [1, 3, 4, 2, 7, 6, 5]


@pytest.mark.parametrize(
    ("task", "expected"),
    [
        (ACCEPTED, ""),
        (PROMISED, ""),
        (replace(ACCEPTED, status="failed"), ""),
        (replace(ACCEPTED, team="tim-2", holder="tim-2"), "TAKEN_BY_ANOTHER"),
        (replace(FRESH, asked="tim-2", holder="tim-1"), "TAKEN_BY_ANOTHER"),
        (replace(FRESH, holder="tim-1"), "LEASE_OVER"),
        (after(WITNESS).task, "BROUGHT"),
        (replace(after(WITNESS).task, team="tim-2"), "BROUGHT_BY_ANOTHER"),
        (recall(ACCEPTED).task, "TO_BE_BROUGHT_BACK"),
        (recall(PROMISED).task, "RECALLED"),
        (after(TaskReturn(**said()), ACCEPTED).task, "RETURNED"),
    ],
)
def test_a_team_learns_what_became_of_a_door_that_it_had(task: Task, expected: str) -> None:
    assert meanwhile(task, "tim-1") == expected
    assert not expected or MEANWHILE[expected]


def test_a_position_is_of_the_city_when_some_kelurahan_is_near() -> None:
    beji, cinere = (-6.374, 106.822), (-6.33, 106.78)
    assert not is_outside((-6.36, 106.83), [cinere, beji])
    assert is_outside((-6.1754, 106.8272), [cinere, beji])  # Monas


def test_a_team_that_a_coordinator_asks_has_the_turn_for_a_lease_also_when_it_was_barred() -> None:
    barred = lapse(lapse(FRESH, "tim-1"), "tim-1")
    asked = reassign(barred, "tim-1", "kelurahan", NOW).task
    assert (asked.status, asked.asked, asked.barred) == ("assigned", "tim-1", ())
    assert after(TaskAccept(**said("tim-2")), asked).refusal == "ANOTHER_TEAMS_TURN"
    taken = after(TaskAccept(**said("tim-1")), asked).task
    assert (taken.status, taken.asked) == ("accepted", "")
    over = sweep(asked, NOW + LEASE).task
    assert (over.asked, over.lapses) == ("", barred.lapses)  # it had nothing in hand that anybody waited for
    assert after(TaskAccept(**said("tim-2")), over).told == "accepted"


def test_who_will_fetch_a_packet_has_the_door_and_that_it_is_taken_is_told_when_its_goods_leave() -> None:
    assert replace(FRESH, status="accepted", team="tim-1", lease_until=NOW + LEASE) == PROMISED  # and nobody is told
    assert after(TaskAccept(**said()), PROMISED) == after(TaskAccept(**said()))
    assert after(TaskAccept(**said("tim-2")), PROMISED).refusal == "TAKEN_BY_ANOTHER_TEAM"
    assert after(TaskAccept(**said(), fetched=False), PROMISED).refusal == "TASK_IS_ACCEPTED"
    assert after(WITNESS, PROMISED).told == "delivered"  # who forgot to say that it set out
    elsewhere = sweep(ACCEPTED, NOW + LEASE).task  # another team has it: there is nothing to fetch in the lumbung
    assert after(TaskAccept(**said("tim-2"), fetched=False), elsewhere).task.holder == "tim-2"


def test_a_packet_that_nobody_has_fetched_goes_back_at_once_and_nothing_is_told_of_its_way() -> None:
    for stopped in (recall(PROMISED), after(TaskReturn(**said()), PROMISED)):
        assert (stopped.task.goods, stopped.task.custody, stopped.task.holder) == ("available", "lumbung", "")
    over = sweep(PROMISED, NOW + LEASE).task
    assert (over.status, over.goods, over.lapses) == ("assigned", "reserved", 1)
    failure, handover = TaskFailure(**said(), reason="not_home"), TaskHandover(**said(), to="rt")
    part = WITNESS.model_copy(update={"parts": (DeliveredPart(lot_id=UUID(int=9), quantity=1),)})
    told: tuple[AnyTaskReport, ...] = (failure, handover, part)
    assert [after(report, PROMISED).refusal for report in told] == ["ACCEPT_FIRST"] * 3
    claimed: tuple[AnyTaskReport, ...] = (failure, handover, TaskReturn(**said()))
    assert [overrule(PROMISED, report, NOW).refusal for report in claimed] == ["CANNOT_BE_CHANGED"] * 3


def test_where_no_chair_is_a_last_hand_nothing_is_handed_over_and_nobody_has_to_decide() -> None:
    late = sweep(ACCEPTED, NOW + LEASE).task
    for task in (FRESH, ACCEPTED, late, replace(ACCEPTED, team="tim-2", holder="tim-2")):
        handover = TaskHandover(**said(), to="rt")
        refused = after(handover, task, by_chair=False)
        assert (refused.task, refused.told, refused.refusal) == (task, None, "NO_CHAIRS_HERE")
        assert not is_conflict(task, handover, refused.refusal)
    assert after(TaskHandover(**said(), to="rt"), ACCEPTED, by_chair=True).task.custody == "rt"


def test_a_packet_is_not_given_to_who_has_it_nor_when_it_is_closed() -> None:
    assert reassign(ACCEPTED, "tim-1", "kelurahan", NOW).refusal == "TEAM_HAS_IT"
    assert reassign(after(WITNESS, ACCEPTED).task, "tim-2", "kelurahan", NOW).refusal == "TASK_IS_DELIVERED"


def test_a_paused_team_takes_no_door_and_brings_what_it_has() -> None:
    paused = Team(is_paused=True)
    assert after(TaskAccept(**said()), team=paused).refusal == "TEAM_PAUSED"
    assert after(WITNESS, ACCEPTED, team=paused).told == "delivered"


def test_a_coordinator_believes_a_report_only_while_the_pieces_can_go_that_way() -> None:
    late = TaskDelivery(**said("tim-2"), proof_kind="witness", proof="x")
    believed = overrule(ACCEPTED, late, NOW).task
    assert (believed.status, believed.team, believed.goods) == ("delivered", "tim-2", "delivered")
    assert overrule(recall(ACCEPTED).task, late, NOW).told == "delivered"  # it had gone out before it was called back
    assert overrule(ACCEPTED, TaskReturn(**said("tim-2")), NOW).told == "returned"
    assert overrule(ACCEPTED, TaskFailure(**said(), reason="moved"), NOW).told == "failed"
    assert overrule(ACCEPTED, TaskHandover(**said(), to="rt"), NOW).told == "handed_over"
    back = after(TaskReturn(**said()), ACCEPTED).task
    too_late: list[tuple[Task, AnyTaskReport]] = [
        (after(WITNESS, ACCEPTED).task, TaskFailure(**said(), reason="moved")),
        (back, late),
    ]
    for task, report in [*too_late, (FRESH, TaskReturn(**said()))]:
        assert overrule(task, report, NOW).refusal == "CANNOT_BE_CHANGED"

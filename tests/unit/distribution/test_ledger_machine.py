"""Tasks and ledger in any order of reports, recalls and sweeps: the laws L1-L3, L7 hold after each step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.distribution.domain.stock import AGAINST, Account, Movement, apply_movement
from services.distribution.domain.task import Decision, Task, decide, recall, sweep
from shared.contracts.field import AnyTaskReport, TaskAccept, TaskDelivery, TaskFailure, TaskHandover, TaskReturn

LOT = UUID(int=1)
OPEN = ("assigned", "accepted", "failed")
KINDS = ("accept", "deliver", "moved", "not_home", "handover", "return")
teams = st.sampled_from(["tim-1", "tim-2", "tim-3"])


class Ledger(RuleBasedStateMachine):
    """One lot, many packets of one piece."""

    def __init__(self) -> None:
        super().__init__()
        self.balances: dict[Account, int] = {}
        self.tasks: list[Task] = []
        self.delivered: set[int] = set()
        self.now = datetime(2021, 7, 22, tzinfo=UTC)

    def move(self, source: Account, target: Account, quantity: int = 1) -> None:
        if quantity and source != target:
            self.balances = apply_movement(self.balances, Movement(LOT, source, target, quantity, "test"))

    def carry_out(self, number: int, decision: Decision) -> None:
        before = self.tasks[number]
        if decision.told is None:
            assert decision.task == before
            return
        assert decision.task.version == before.version + 1
        self.move(before.goods, decision.task.goods)
        if decision.task.goods == "returned":
            self.move("returned", "available")
        self.tasks[number] = decision.task

    @rule(quantity=st.integers(1, 5))
    def buy(self, quantity: int) -> None:
        self.move("bought", "available", quantity)

    @precondition(lambda self: self.balances.get("available", 0) > 0)
    @rule()
    def assign(self) -> None:
        self.move("available", "reserved")
        self.tasks.append(Task("assigned", 1, "reserved"))

    @precondition(lambda self: self.balances.get("bought", 0) > 0)
    @rule()
    def void(self) -> None:
        for number, task in enumerate(self.tasks):
            if (task.status, task.goods) == ("assigned", "reserved"):
                self.carry_out(number, recall(task))
        left = self.balances["bought"]
        taken = min(left, self.balances.get("available", 0))
        self.move("available", "bought", taken)
        self.move("over_delivered", "bought", left - taken)

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), team=teams, kind=st.sampled_from(KINDS))
    def report(self, data: st.DataObject, team: str, kind: str) -> None:
        number = data.draw(st.integers(0, len(self.tasks) - 1))
        shared = {"report_id": UUID(int=7), "task_id": UUID(int=number), "team": team}
        item: AnyTaskReport
        if kind == "accept":
            item = TaskAccept(**shared)
        elif kind == "deliver":
            item = TaskDelivery(**shared, proof_kind="witness", proof="ketua RT")
        elif kind == "handover":
            item = TaskHandover(**shared, to="rt")
        elif kind == "return":
            item = TaskReturn(**shared)
        else:
            item = TaskFailure(**shared, reason="moved" if kind == "moved" else "not_home")
        self.carry_out(number, decide(self.tasks[number], item, self.now))

    @precondition(lambda self: self.tasks)
    @rule(data=st.data(), minutes=st.integers(1, 300))
    def time_passes(self, data: st.DataObject, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        number = data.draw(st.integers(0, len(self.tasks) - 1))
        self.carry_out(number, sweep(self.tasks[number], self.now))

    @precondition(lambda self: self.tasks)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(0, len(self.tasks) - 1))
        self.carry_out(number, recall(self.tasks[number]))

    @precondition(lambda self: self.balances.get("available", 0) > 0)
    @rule()
    def expire(self) -> None:
        self.move("available", "expired", self.balances["available"])

    @invariant()
    def every_piece_is_somewhere(self) -> None:
        against = sum(self.balances.get(account, 0) for account in AGAINST)
        assert sum(self.balances.values()) - against == against
        assert all(count >= 0 for count in self.balances.values())

    @invariant()
    def tasks_and_ledger_agree(self) -> None:
        for account in ("reserved", "in_transit", "delivered"):
            assert self.balances.get(account, 0) == sum(task.goods == account for task in self.tasks)
        for task in self.tasks:
            assert (task.status == "delivered") == (task.goods == "delivered")
            assert task.status != "assigned" or (task.goods in ("reserved", "in_transit") and task.team == "")
            is_out = task.goods in ("in_transit", "delivered")
            assert (task.custody != "lumbung", task.holder != "") == (is_out, is_out)
            assert task.status != "accepted" or task.lease_until is not None

    @invariant()
    def what_is_delivered_stays_delivered(self) -> None:
        now = {number for number, task in enumerate(self.tasks) if task.status == "delivered"}
        assert self.delivered <= now
        self.delivered = now


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=80, stateful_step_count=40, derandomize=True, deadline=None)

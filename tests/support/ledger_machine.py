"""Purchases, corrections, voids, registrations, releases, reports, sweeps and officers in any order (Hypothesis).

What a city does with each, and whether the laws L1-L8 hold then, is the city's: `tests.support.pure_city` is the domain
alone, `tests.support.stored_city` the use cases on Postgres.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.distribution.domain.adjustment import Adjustment, Kind
from shared.contracts.envelope import Envelope
from shared.contracts.field import AnyTaskReport, TaskAccept, TaskDelivery, TaskFailure, TaskReturn
from shared.ids import derived_id

BEGIN = datetime(2021, 7, 22, 2, tzinfo=UTC)
PLACES = ("32.76.06.1001", "32.76.06.1002", "32.76.01.1006")
SKUS = ("BERAS-5KG", "TELUR-AYAM-1KG", "AYAM-POTONG-1KG", "AYAM-UNGKEP", "SABUN-BAYI-200ML")
KIT = "KIT-SEMBAKO-ISOMAN"
GROUPS = ("infant", "elderly", "diabetic", "no_cook")
Body = dict[str, Any]


class City(Protocol):
    """What the machine does to a city, and what it asks of it."""

    def take_in(self, event: Envelope, now: datetime) -> None: ...

    def register(self, reference: str, body: Body, now: datetime) -> None: ...

    def allocate(self, now: datetime) -> None: ...

    def improve(self, now: datetime) -> None:
        """Better doors for what nobody has accepted, as many as there are."""
        ...

    def report(self, report: AnyTaskReport, now: datetime) -> None: ...

    def sweep(self, now: datetime) -> None: ...

    def adjust(self, said: Adjustment, now: datetime) -> None: ...

    def tasks(self) -> list[UUID]:
        """Tasks that are not at their end, and the last that are."""
        ...

    def lots(self) -> list[UUID]: ...

    def breaches(self) -> list[str]: ...

    def close(self) -> None: ...


class LedgerMachine(RuleBasedStateMachine):
    """Drives a city; a subclass opens it."""

    def open_city(self) -> City:
        """A city without goods or households."""
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.city = self.open_city()
        self.now = BEGIN
        self.purchases: list[tuple[Body, int]] = []
        self.last: Envelope | None = None
        self.homes: dict[str, Body] = {}

    def teardown(self) -> None:
        self.city.close()

    def tell(self, kind: str, body: Body, version: int) -> None:
        """One event of a purchase reaches the city."""
        name, identity = f"{body['purchase_id']}:{version}", body["purchase_id"]
        self.last = Envelope(
            name, f"purchase.{kind}.v1", "/peduli/purchases", "3276", identity, version, identity, self.now, body
        )
        self.city.take_in(self.last, self.now)

    @initialize(pieces=st.integers(2, 9))
    def begin(self, pieces: int) -> None:
        """Two doors wait, and there is something for them: most rules are about packets."""
        self.buy([SKUS[0], SKUS[1]], pieces, PLACES[0], None)
        for name in ("KK-1", "KK-2"):
            self.register(name, PLACES[0], 4, set(), set(), 100)

    @rule(
        skus=st.lists(st.sampled_from(SKUS), min_size=1, max_size=2, unique=True),
        pieces=st.integers(1, 9),
        place=st.sampled_from(PLACES),
        hours=st.sampled_from([None, None, 12, 100]),
    )
    def buy(self, skus: list[str], pieces: int, place: str, hours: int | None) -> None:
        number = len(self.purchases)
        expires_at = (self.now + timedelta(hours=hours)).isoformat() if hours else None
        lines = [
            {"line_no": line, "sku": sku, "quantity": pieces, "unit_price_idr": 1, "expires_at": expires_at}
            for line, sku in enumerate(skus, start=1)
        ]
        body = {
            "purchase_id": str(derived_id("purchase", str(number))),
            "purpose": "donation",
            "programme": "isoman",
            "purchased_at": self.now.isoformat(),
            "lines": lines,
            "pickup_kelurahan": place,
        }
        self.purchases.append((body, 1))
        self.tell("recorded", body, 1)

    @precondition(lambda self: self.last is not None)
    @rule()
    def resend(self) -> None:
        assert self.last is not None
        if self.last.type == "purchase.recorded.v1":  # the inbox keeps other repeats away
            self.city.take_in(self.last, self.now)

    @precondition(lambda self: any(version for _, version in self.purchases))
    @rule(data=st.data(), pieces=st.integers(1, 12), hours=st.sampled_from([None, -1, 2, 200]))
    def correct(self, data: st.DataObject, pieces: int, hours: int | None) -> None:
        number = self.draw_purchase(data)
        body, version = self.purchases[number]
        lines = [{**line, "quantity": pieces} for line in body["lines"]]
        if hours:
            lines[0] = {**lines[0], "expires_at": (self.now + timedelta(hours=hours)).isoformat()}
        self.purchases[number] = {**body, "lines": lines}, version + 1
        self.tell("corrected", *self.purchases[number])

    @precondition(lambda self: any(version for _, version in self.purchases))
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        number = self.draw_purchase(data)
        body, version = self.purchases[number]
        self.purchases[number] = body, 0  # never again
        self.tell("voided", {"purchase_id": body["purchase_id"], "reason": "salah_input"}, version + 1)

    def draw_purchase(self, data: st.DataObject) -> int:
        """One that is not voided."""
        return int(data.draw(st.sampled_from([n for n, (_, version) in enumerate(self.purchases) if version])))

    @rule(
        name=st.sampled_from(["KK-1", "KK-2", "KK-3", "KK-4"]),
        place=st.sampled_from(PLACES),
        size=st.integers(1, 6),
        groups=st.sets(st.sampled_from(GROUPS), max_size=1),
        allergens=st.sets(st.just("egg")),
        hours=st.sampled_from([3, 30, 100, 200]),
    )
    def register(self, name: str, place: str, size: int, groups: set[str], allergens: set[str], hours: int) -> None:
        told = {"groups": sorted(groups), "allergens": sorted(allergens)}
        self.homes[name] = {**self.home(name, place, size, hours), **told}
        self.city.register(name, self.homes[name], self.now)
        self.city.allocate(self.now)

    def home(self, name: str, place: str, size: int, hours: int) -> Body:
        """A household that isolates for so many hours from now, where it always was."""
        return {
            "household_ref": name,
            "kelurahan": self.homes.get(name, {}).get("kelurahan", place),
            "rw": 1,
            "size": size,
            "isolation_from": (BEGIN - timedelta(days=1)).isoformat(),
            "isolation_until": (self.now + timedelta(hours=hours)).isoformat(),
            "people": {"name": "Ibu Contoh", "address": "Jl. Contoh 1"},
        }

    @precondition(lambda self: self.homes)
    @rule(data=st.data(), why=st.sampled_from(["recovered", "hospital", "moved"]))
    def release(self, data: st.DataObject, why: str) -> None:
        name = data.draw(st.sampled_from(sorted(self.homes)))
        self.city.register(name, {**self.homes.pop(name), "released": why}, self.now)

    @rule()
    def allocate(self) -> None:
        self.city.allocate(self.now)

    @rule(size=st.integers(1, 6), pieces=st.integers(1, 6), place=st.sampled_from(PLACES))
    def improve(self, size: int, pieces: int, place: str) -> None:
        """After somebody else fell ill, and goods came: there is something to change."""
        self.homes["KK-5"] = self.home("KK-5", place, size, 100)
        self.city.register("KK-5", self.homes["KK-5"], self.now)
        self.buy([SKUS[1]], pieces, place, None)
        self.city.improve(self.now)

    def report(self, data: st.DataObject, kind: type[AnyTaskReport], **more: Any) -> None:
        """A team reports about a task; the same number is the same report."""
        number, team = data.draw(st.integers(1, 1000)), data.draw(st.sampled_from(["tim-1", "tim-1", "tim-2"]))
        task_id = data.draw(st.sampled_from(self.city.tasks()))
        report_id = derived_id("report", str(number))
        self.city.report(kind(report_id=report_id, task_id=task_id, team=team, **more), self.now)

    @precondition(lambda self: self.city.tasks())
    @rule(data=st.data(), fetched=st.booleans())
    def accept(self, data: st.DataObject, fetched: bool) -> None:
        self.report(data, TaskAccept, fetched=fetched)

    @precondition(lambda self: self.city.tasks())
    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        self.report(data, TaskDelivery, proof_kind="witness", proof="ketua RT")

    @precondition(lambda self: self.city.tasks())
    @rule(data=st.data(), reason=st.sampled_from(["moved", "not_home"]))
    def fail(self, data: st.DataObject, reason: str) -> None:
        self.report(data, TaskFailure, reason=reason)

    @precondition(lambda self: self.city.tasks())
    @rule(data=st.data())
    def bring_back(self, data: st.DataObject) -> None:
        self.report(data, TaskReturn)

    @rule(minutes=st.sampled_from([10, 60, 200, 600]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.city.sweep(self.now)

    @precondition(lambda self: self.city.lots())
    @rule(
        data=st.data(),
        kind=st.sampled_from(["damage", "count", "count", "withdrawal", "opening"]),
        pieces=st.integers(0, 10),
        number=st.integers(1, 10),
    )
    def adjust(self, data: st.DataObject, kind: Kind, pieces: int, number: int) -> None:
        lot_id, name = data.draw(st.sampled_from(self.city.lots())), derived_id("adjustment", str(number))
        self.city.adjust(Adjustment(name, lot_id, kind, pieces, "dihitung", "/lumbung/1"), self.now)

    @rule(pieces=st.integers(1, 4), kits=st.integers(1, 4), place=st.sampled_from(PLACES))
    def open_kits(self, pieces: int, kits: int, place: str) -> None:
        """Of kits that were just bought: later, packets hold them."""
        self.buy([KIT], pieces, place, None)
        lot_id = derived_id("lot", str(self.purchases[-1][0]["purchase_id"]), "1", KIT)
        name = derived_id("opening", str(lot_id))
        self.city.adjust(Adjustment(name, lot_id, "opening", kits, "dibuka", "/lumbung/1"), self.now)

    @invariant()
    def the_laws_hold(self) -> None:
        assert self.city.breaches() == []

"""Goods, homes and reports of the tests of the ledger: a lot of rice, and somebody who needs it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.contracts.envelope import Envelope
from shared.contracts.field import TaskDelivery
from shared.ids import derived_id
from tests.support.ledger_machine import BEGIN

PLACE = "32.76.06.1001"
Body = dict[str, Any]


def bought(
    number: int = 1,
    *,
    pieces: int = 10,
    sku: str = "BERAS-5KG",
    until: datetime | None = None,
    kind: str = "recorded",
    version: int = 1,
) -> Envelope:
    """An event of purchase `number`: recorded, corrected or voided."""
    identity = str(derived_id("purchase", str(number)))
    line = {"line_no": 1, "sku": sku, "quantity": pieces, "unit_price_idr": 1}
    body = {
        "purchase_id": identity,
        "purpose": "donation",
        "purchased_at": BEGIN.isoformat(),
        "lines": [{**line, "expires_at": until.isoformat() if until else None}],
        "programme": "isoman",
        "pickup_kelurahan": PLACE,
        "reason": "salah_input",
    }
    return told(f"purchase.{kind}.v1", identity, version, body)


def told(kind: str, aggregate: str, version: int, body: Body) -> Envelope:
    """An event of Depok."""
    return Envelope(f"{aggregate}:{version}", kind, "/peduli/x", "3276", aggregate, version, aggregate, BEGIN, body)


def home(name: str = "KK-1", *, days: int = 8, **more: Any) -> Body:
    """A household report of four persons."""
    return {
        "household_ref": name,
        "kelurahan": PLACE,
        "rw": 1,
        "size": 4,
        "isolation_from": (BEGIN - timedelta(days=1)).isoformat(),
        "isolation_until": (BEGIN + timedelta(days=days)).isoformat(),
        "people": {"name": "Ibu Contoh", "address": "Jl. Contoh 1"},
        **more,
    }


def delivery(task_id: UUID, team: str = "tim-1") -> TaskDelivery:
    """The packet is at its door."""
    return TaskDelivery(
        report_id=derived_id("deliver", str(task_id)),
        task_id=task_id,
        team=team,
        proof_kind="witness",
        proof="ketua RT",
    )

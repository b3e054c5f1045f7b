"""Messages that no contract allows: each is parked, refused or ignored alone, for its exact reason, and its neighbours
are applied.

The tables say what becomes of each; a row has one message for each of its values.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pytest

from shared.messaging import topology
from tests.support.eventually import eventually
from tests.support.hostile import ABSENT, Row, changed, nested, outcomes, row, send, undecodable
from tests.support.running import running
from tests.support.servers import World

HUGE = (2**31, 2**63, 10**30)
DAYS = ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "yesterday", "2021-07-22")
NUL = "a\x00b"
UNREADABLE = "UNREADABLE"
Table = Sequence[tuple[str, str, Sequence[object], tuple[str, ...]]]  # kind, path, values, what becomes of each

BODIES: dict[str, bytes] = {
    "half a body": b"{",
    "no UTF-8": b"\xff\xfe",
    "not a number": b'{"a": NaN}',
    "half a character": b'{"a": "\\ud800"}',
    "five thousand lists": b"[" * 5000,
    "a text": b'"x"',
    "nothing": b"",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "more than 64 KiB": b'{"a": "' + b"x" * 65 * 1024 + b'"}',
}
HEADS: dict[str, dict[str, Any]] = {
    **{f"version {value[:9]}": {"ce-version": value} for value in ("-1", "0x1", "1.5", str(2**31), "9" * 5000, "")},
    "source with NUL": {"ce-source": NUL},
    "no source": {"ce-source": ABSENT},
    "no id": {"ce-id": ABSENT},
    "long id": {"ce-id": "i" * 100_000},
    "long aggregate": {"ce-aggregate": "a" * 3000},
    "a time in words": {"ce-time": "soon"},
    "an id that is a number": {"ce-id": 7, "padding": "x" * 100_000},
    "an older CloudEvents": {"ce-specversion": "0.3"},
    "NUL in other headers": {"ce-source": "", "note": f"{NUL} \\u0000 \\\\u0000"},
}
RECORDED: Table = (  # to distribution, to reporting
    ("purchase.recorded", "lines.0.quantity", HUGE[:2], ("DataError", "OverflowError")),
    ("purchase.recorded", "lines.0.quantity", (HUGE[2], 2.5), ("ValueError", "ValueError")),
    ("purchase.recorded", "lines.0.quantity", ("2", None), ("ValueError", "TypeError")),
    ("purchase.recorded", "lines.0.quantity", (ABSENT,), ("KeyError", "KeyError")),
    ("purchase.recorded", "lines", ([1], None, "x"), ("TypeError", "TypeError")),
    ("purchase.recorded", "lines", (ABSENT,), ("KeyError", "KeyError")),
    ("purchase.recorded", "purchased_at", DAYS, ("ValueError", "ValueError")),
    ("purchase.recorded", "purchased_at", (20210722, None), ("TypeError", "TypeError")),
    ("purchase.recorded", "purchased_at", (ABSENT,), ("KeyError", "KeyError")),
    ("purchase.recorded", "lines.0.sku", (NUL,), ("TypeError", "CharacterNotInRepertoireError")),
    ("purchase.recorded", "lines.0.sku", (7,), ("TypeError", "TypeError")),
    ("purchase.recorded", "lines.0.sku", ({},), ("TypeError", "TypeError")),
    ("purchase.recorded", "purchase_id", ("not-a-uuid",), ("ValueError", "ValueError")),
    ("purchase.recorded", "purchase_id", (7,), ("AttributeError", "AttributeError")),
    ("purchase.recorded", "purchase_id", (ABSENT,), ("KeyError", "KeyError")),
)
OF_REPORTING: Table = (
    ("task.assigned", "lines.0.quantity", HUGE[:2], ("OverflowError",)),
    ("task.assigned", "lines.0.quantity", HUGE[2:], ("ValueError",)),
    ("task.assigned", "lines.0.quantity", (ABSENT,), ("KeyError",)),
    ("task.assigned", "lines", ({"0": 1},), ("TypeError",)),
    ("task.assigned", "at", DAYS, ("ValueError",)),
    ("task.assigned", "at", (20210722,), ("TypeError",)),
    ("task.assigned", "at", (ABSENT,), ("KeyError",)),
    ("task.assigned", "kelurahan", (NUL,), ("CharacterNotInRepertoireError",)),
    ("task.assigned", "kelurahan", (ABSENT,), ("KeyError",)),
    ("lot.adjusted", "quantity", HUGE[:2], ("DataError",)),
    ("lot.adjusted", "quantity", HUGE[2:], ("ValueError",)),
    ("lot.adjusted", "quantity", (ABSENT,), ("KeyError",)),
    ("household.changed", "kelurahan", (NUL,), ("CharacterNotInRepertoireError",)),
    ("household.changed", "kelurahan", (ABSENT,), ("KeyError",)),
    ("household.changed", "isolation_from", (DAYS[1],), ("ValueError",)),
)
SUBMITTED: Table = (
    ("purchase.submitted", "unit_code", ("32.76.NIHIL",), ("rejected UNKNOWN_UNIT",)),
    ("purchase.submitted", "unit_code", (NUL,), ("rejected INVALID_TEXT",)),
    ("purchase.submitted", "unit_code", (7,), ("rejected INVALID_FIELD",)),
    ("purchase.submitted", "unit_code", (ABSENT,), ("rejected MISSING_FIELD",)),
    ("purchase.submitted", "lines.0.quantity", (*HUGE[:2], 0, -1), ("rejected INVALID_FIELD TOTAL_MISMATCH",)),
    ("purchase.submitted", "lines.0.quantity", (HUGE[2], "2", 2.5, None), ("rejected INVALID_FIELD",)),
    ("purchase.submitted", "lines.0.quantity", (ABSENT,), ("rejected MISSING_FIELD",)),
    ("purchase.submitted", "lines.0.unit_price_idr", HUGE[:1], ("rejected TOTAL_MISMATCH",)),
    ("purchase.submitted", "lines.0.unit_price_idr", (HUGE[1], -1), ("rejected INVALID_FIELD TOTAL_MISMATCH",)),
    ("purchase.submitted", "lines.0.unit_price_idr", (HUGE[2], 0.5), ("rejected INVALID_FIELD",)),
    ("purchase.submitted", "total_idr", (HUGE[0], 1), ("rejected TOTAL_MISMATCH",)),
    ("purchase.submitted", "total_idr", HUGE[1:], ("rejected INVALID_FIELD",)),
    ("purchase.submitted", "lines", ([],), ("rejected INVALID_FIELD TOTAL_MISMATCH",)),
    ("purchase.submitted", "lines", ([1], None, "x"), ("rejected INVALID_FIELD",)),
    ("purchase.submitted", "lines.0.sku", ("TIDAK-ADA",), ("rejected UNKNOWN_SKU",)),
    ("purchase.submitted", "lines.0.sku", (NUL, {}), ("rejected INVALID_FIELD",)),
    ("purchase.submitted", "purchased_at", DAYS[:1], ("rejected PURCHASED_IN_FUTURE",)),
    ("purchase.submitted", "purchased_at", DAYS[1:2], ("rejected PURCHASED_TOO_EARLY",)),
    ("purchase.submitted", "purchased_at", ("2021-07-22", "20210722"), ("rejected MISSING_OFFSET",)),
    ("purchase.submitted", "purchased_at", ("yesterday", 1626912345, "1626912345", None), ("rejected INVALID_FIELD",)),
    ("purchase.submitted", "lines.0.expires_at", (1626912345, "soon"), ("rejected INVALID_FIELD",)),
    ("purchase.submitted", "buyer.nip", ("123", "abc"), ("rejected INVALID_NIP",)),
    ("purchase.submitted", "buyer.nip", (198001012005011001,), ("rejected INVALID_FIELD",)),
    ("purchase.submitted", "seller_code", ("TIDAK-ADA",), ("rejected UNKNOWN_SELLER",)),
    ("purchase.submitted", "pickup.kelurahan", ("32.76.99.9999",), ("rejected UNKNOWN_KELURAHAN",)),
    ("purchase.void_submitted", "reason", ("salah_input",), ("waiting",)),
    ("purchase.void_submitted", "reason", (7,), ("rejected INVALID_FIELD",)),
    ("purchase.correction_submitted", "total_idr", (2**63,), ("rejected INVALID_FIELD",)),
)
REPORTED: Table = (
    ("household.report_submitted", "size", (*HUGE, 0, "4", 2.5, None), ("ValidationError",)),
    ("household.report_submitted", "kelurahan", ("32.76.99.9999", NUL), ("RefusedError",)),
    ("household.report_submitted", "kelurahan", (7, ABSENT), ("ValidationError",)),
    ("household.report_submitted", "isolation_until", DAYS[:1], ("RefusedError",)),
    ("household.report_submitted", "isolation_until", (*DAYS[1:], 20210722), ("ValidationError",)),
    ("household.report_submitted", "people.name", (NUL,), ("applied",)),  # it rests sealed, and is only shown
    ("household.report_submitted", "people.name", (7, ABSENT), ("ValidationError",)),
    ("task.accept_submitted", "task_id", ("00000000-0000-0000-0000-000000000000",), ("RefusedError",)),
    ("task.accept_submitted", "task_id", ("not-a-uuid", 7, ABSENT), ("ValidationError",)),
    ("task.accept_submitted", "team", (NUL,), ("RefusedError",)),
    ("task.accept_submitted", "team", ("", ABSENT), ("ValidationError",)),
    ("task.accept_submitted", "version", HUGE, ("ValidationError",)),
)


def of_table(table: Table, reader: int = 0) -> Iterator[tuple[Row, str]]:
    for kind, path, values, expected in table:
        for value in values:
            yield changed(kind, path, value), expected[reader]


def unreadable(kind: str) -> Iterator[tuple[Row, str]]:
    """Good bodies in bad envelopes, and bodies that are none."""
    for name, body in BODIES.items():
        yield row(name, kind, body), UNREADABLE
    for name, headers in HEADS.items():
        yield row(name, kind, headers=headers), UNREADABLE
    yield row("another city", kind, headers={"ce-tenant": "3273"}), "WRONG_TENANT"


def submissions() -> Iterator[tuple[Row, str]]:
    """What comes to the intake of purchases."""
    kind = "purchase.submitted"
    yield from of_table(SUBMITTED)
    yield from unreadable(kind)
    yield row("a city that nobody loaded", kind, key=f"9999.{kind}.v1"), "rejected UNKNOWN_CITY"
    yield row("an unknown type", kind, headers={"ce-type": "purchase.sung.v1"}), "UnknownTypeError"


def reports() -> Iterator[tuple[Row, str]]:
    """What comes to the intake of households and tasks."""
    kind = "household.report_submitted"
    yield from of_table(REPORTED)
    yield from unreadable(kind)
    yield row("a city that nobody loaded", kind, key=f"9999.{kind}.v1"), "UNKNOWN_CITY"
    yield row("an unknown type", kind, headers={"ce-type": "household.sung.v1"}), "UnknownTypeError"


def events(reader: int) -> Iterator[tuple[Row, str]]:
    """What both services hear of; `reader` is the column of the table."""
    kind = "purchase.recorded"
    yield from of_table(RECORDED, reader)
    yield from unreadable(kind)
    for name, said in undecodable().items():
        yield row(name, kind, said=said), UNREADABLE
    yield row("deep headers", kind, headers={"ce-source": "", "deep": nested(300)}), UNREADABLE
    yield row("a city that nobody loaded", kind, key=f"9999.{kind}.v1"), "UNKNOWN_CITY"
    yield row("an unknown type", kind, headers={"ce-type": "purchase.sung.v1"}), "applied"  # and does nothing


@dataclass(frozen=True)
class Door:
    """Whose queue it is, what hostile comes through it, and a kind of message that is good, with its outcome."""

    service: str
    schema: str
    hostile: Callable[[], Iterator[tuple[Row, str]]]
    kind: str
    good: str


DOORS = {
    "purchases.intake": Door("purchases", "purchases", submissions, "purchase.submitted", "recorded"),
    "distribution.intake": Door("distribution", "distribution", reports, "household.report_submitted", "applied"),
    "distribution.events.0": Door("distribution", "distribution", lambda: events(0), "purchase.recorded", "applied"),
    "reporting.events.0": Door(
        "reporting", "facts", lambda: chain(events(1), of_table(OF_REPORTING)), "purchase.recorded", "applied"
    ),
}


@pytest.mark.parametrize("queue", DOORS)
async def test_each_hostile_message_has_its_exact_outcome_and_its_neighbours_theirs(world: World, queue: str) -> None:
    door, is_intake = DOORS[queue], queue.endswith(".intake")
    rows: list[Row] = []
    wanted: dict[str, str] = {}
    for number, (hostile, expected) in enumerate(door.hostile()):
        healthy = row(f"healthy {number}", door.kind)
        rows += [healthy, hostile]
        wanted |= {healthy.name: door.good, hostile.name: expected}
    assert len(wanted) == len(rows)  # each has a name of its own
    module = importlib.import_module(f"services.{door.service}.app")
    async with running(module.service(world.settings())) as client:
        await send(world, topology.INTAKE if is_intake else topology.EVENTS, rows, name_keys=not is_intake)
        found = await eventually(
            lambda: outcomes(world, door.schema, rows), lambda seen: seen.keys() >= wanted.keys(), seconds=60
        )
        assert (await client.get("/readyz")).status_code == 200
    assert found == wanted

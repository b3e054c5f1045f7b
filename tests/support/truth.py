"""The truth of a battle: reckoned from what was told and confirmed, and compared with Postgres and the queues alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

from peduli import processes
from services.distribution.cli.ledger import breaches
from services.distribution.store.laws import Breach
from services.distribution.usecases.households import Keys, household_id
from services.reporting.cli import differences
from shared.messaging import topology

HASH_KEY = "soak"
TENANT = "3276"
SOURCE = "/soak"
Body = dict[str, Any]


@dataclass
class Truth:
    """What was told and confirmed, and so must be found, once."""

    purchases: dict[str, Body] = field(default_factory=dict)
    corrections: dict[str, Body] = field(default_factory=dict)
    voids: set[str] = field(default_factory=set)
    households: dict[str, Body] = field(default_factory=dict)
    reports: dict[UUID, str | None] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)

    def told(self, kind: str, body: Body) -> None:
        """A purchase, its correction or its void was confirmed; in any order, and again."""
        reference = body["reference"]
        if kind == "purchase.submitted":
            self.purchases[reference] = body
        elif kind == "purchase.correction_submitted":
            self.corrections[reference] = body
        else:
            self.voids.add(reference)

    def answered(self, report: UUID, outcome: str | None) -> None:
        """A field report was confirmed (None) or answered; two answers to one report must be the same."""
        before = self.reports.get(report)
        if before and outcome and before != outcome:
            self.contradictions.append(f"{report}: {before}, then {outcome}")
        self.reports[report] = outcome or before

    def standing(self) -> dict[str, Body]:
        """The purchases that stand, with their last content."""
        last = self.purchases | self.corrections
        return {reference: body for reference, body in last.items() if reference not in self.voids}

    def states(self) -> dict[str, tuple[str, int]]:
        """Status and rupiah of each purchase; a voided one keeps the content it had, whichever that was."""
        standing = self.standing()
        return {
            reference: ("recorded", standing[reference]["total_idr"]) if reference in standing else ("voided", 0)
            for reference in self.purchases
        }

    def units(self) -> dict[str, tuple[int, int, int]]:
        """Purchases, pieces and rupiah per unit kerja."""
        sums: dict[str, tuple[int, int, int]] = {}
        for body in self.standing().values():
            count, pieces, spend = sums.get(body["unit_code"], (0, 0, 0))
            pieces += sum(line["quantity"] for line in body["lines"])
            sums[body["unit_code"]] = (count + 1, pieces, spend + body["total_idr"])
        return sums

    def homes(self) -> dict[UUID, tuple[int, str | None]]:
        """Persons of each household, and why it was released."""
        keys = Keys(HASH_KEY.encode(), b"")
        return {
            household_id(TENANT, SOURCE, name, keys): (body["size"], body.get("released"))
            for name, body in self.households.items()
        }


PARKED = "select count(*) from {schema}.parked where state = 'parked'"
SHOWN = 3  # of what is wrong, with their reasons
PARKED_REASONS = " union all ".join(
    f"(select '{schema} parked ' || queue || ' ' || routing_key || ': ' || reason as told from {schema}.parked"
    f" where state = 'parked' limit {SHOWN})"
    for schema in ("purchases", "distribution", "facts")
)
UNPUBLISHED = "select count(*) from {schema}.outbox"
GAPS = (
    """select count(*) from (select from {schema}.event_log group by aggregate having count(*) <> max(version)) as g"""
)
NOT_APPLIED = """select count(*) from (select aggregate, max(version) as version from {told}.event_log
    where type like '{types}' group by aggregate) as e
  left join {schema}.aggregate_versions a using (aggregate) where a.version is distinct from e.version"""
CHECKS = {
    **{f"parked by {schema}": PARKED.format(schema=schema) for schema in ("purchases", "distribution", "facts")},
    **{f"unpublished by {schema}": UNPUBLISHED.format(schema=schema) for schema in ("purchases", "distribution")},
    **{f"aggregates with gaps in {schema}": GAPS.format(schema=schema) for schema in ("purchases", "distribution")},
    "purchases not in stock": NOT_APPLIED.format(told="purchases", schema="distribution", types="purchase.%"),
    "purchases not in facts": NOT_APPLIED.format(told="purchases", schema="facts", types="%"),
    "tasks and households not in facts": NOT_APPLIED.format(told="distribution", schema="facts", types="%"),
    "tasks whose facts were counted twice": """select count(*) from facts.fct_task t where (attempts, failures) <> (
        select count(*) filter (where type = 'task.assigned.v1'), count(*) filter (where type = 'task.failed.v1')
        from distribution.event_log e where e.aggregate = t.task_id::text)""",
}
STATES = """select reference, status, case status when 'recorded' then (content->>'total_idr')::bigint else 0 end
  from purchases.purchases"""
UNITS = """select unit_code, sum(purchases), sum(items), sum(spend_idr) from facts.tally_unit_day
  group by unit_code having sum(purchases) <> 0"""
HOMES = "select household_id, size, released_reason from distribution.households"


async def wrongs(database_url: str, amqp_url: str, truth: Truth, *, is_last: bool = True) -> list[str]:
    """Everything that is not as it must be, each with its number; empty when all is well.

    While it is not the last look, laws and tallies, which read every row, are looked at only when all else is well.
    """
    broken: list[Breach] = []
    try:
        found = await topology.depths(amqp_url, _queues())
        connection = await asyncpg.connect(database_url, timeout=5)
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                found |= {name: await connection.fetchval(sql) for name, sql in CHECKS.items()}
                parked = [str(row["told"]) for row in await connection.fetch(PARKED_REASONS)]
                if not any(found.values()):
                    found |= await _compare(connection, truth)
        finally:
            await connection.close()
        if is_last or not any(found.values()):
            broken = await breaches(database_url)
            found["rows against the laws of the ledger"] = len(broken)
            found["tallies against facts"] = len(await differences(database_url))
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return [f"no answer: {type(error).__name__}"]
    seen = [*parked, *(str(each) for each in broken[:SHOWN])]  # what to look at first
    return [f"{name}: {number}" for name, number in found.items() if number] + seen + truth.contradictions


async def _compare(connection: asyncpg.Connection[asyncpg.Record], truth: Truth) -> dict[str, int]:
    """What was told, name by name; each number is how many differ."""
    pieces = await connection.fetchval("select coalesce(sum(bought), 0) from distribution.lots")
    reports = await _rows(connection, "select report_id, outcome from distribution.field_reports")
    answers = {
        report: (outcome,) if outcome else reports.get(report, ("lost",)) for report, outcome in truth.reports.items()
    }
    return {
        "purchases": _differ(await _rows(connection, STATES), truth.states()),
        "units": _differ(await _rows(connection, UNITS), truth.units()),
        "households": _differ(await _rows(connection, HOMES), truth.homes()),
        "reports from the field": _differ(reports, answers),
        "pieces": int(pieces) - sum(pieces for _, pieces, _ in truth.units().values()),
    }


async def _rows(connection: asyncpg.Connection[asyncpg.Record], sql: str) -> dict[Any, tuple[Any, ...]]:
    return {row[0]: tuple(row.values())[1:] for row in await connection.fetch(sql)}


def _differ(found: dict[Any, Any], wanted: dict[Any, Any]) -> int:
    return sum(found.get(name) != wanted.get(name) for name in found.keys() | wanted.keys())


def _queues() -> list[str]:
    queues = ["purchases.intake", "distribution.intake", "distribution.events.0", "reporting.events.0"]
    return [*queues, topology.UNROUTABLE, topology.DEAD, *(f"{topology.DEAD}.{name}" for name in processes.SERVICES)]

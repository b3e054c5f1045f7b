"""No page, report or dashboard reads the facts from end to end, however many there are: plans on a filled database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from hashlib import md5
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosql
import asyncpg
import orjson

from services.reporting.cli import differences
from tests.integration.reporting.test_grafana import PANELS, filled
from tests.support.filling import fill
from tests.support.servers import World

STORE = Path("services/reporting/store")
FACTS = {
    "fct_purchase",
    "fct_purchase_line",
    "fct_post",
    "fct_task",
    "fct_task_line",
    "fct_stock_change",
    "fct_household",
    "fct_rejection",
    "fct_delivery",
    "fct_stock_line",
}
WRITES = {"issue_report"}
PURCHASE = UUID(md5(b"purchase 1").hexdigest())
GIVEN: dict[str, Any] = {
    "tenant": "3276",
    "unit_code": "32.76.DKUM",
    "kelurahan": "32.76.06.1001",
    "first": date(2022, 5, 20),
    "last": date(2022, 6, 17),
    "round": date(2022, 6, 13),
    "units": None,
    "number": 1,
    "size": 50,
    "id": PURCHASE,
    "ids": [PURCHASE],
}
ROWS = 10_000
ASKED, COMMENT = re.compile(r"(?<!:):(\w+)"), re.compile(r"^--.*$", re.MULTILINE)


def literal(value: Any) -> str:
    """A value as it is written into SQL; an untyped text takes the type that its place asks for."""
    if value is None or isinstance(value, int):
        return "null" if value is None else str(value)
    return f"'{{{value[0]}}}'" if isinstance(value, list) else f"'{value}'"


def _given(sql: str, values: list[str]) -> str:
    return re.sub(r"\$(\d+)", lambda at: values[int(at[1]) - 1], sql)


def shown() -> Iterator[tuple[str, str]]:
    """Every query behind a page, a report or a panel, with what is asked for."""
    for name in ("dashboard", "reports", "audit"):
        text = (STORE / f"{name}.sql").read_text(encoding="utf-8")
        loaded = aiosql.from_str(text, "asyncpg", mandatory_parameters=False)
        for part in text.split("-- name: ")[1:]:
            query = re.match(r"\w+", part)
            assert query
            if query[0] not in WRITES:
                asked = [literal(GIVEN[word]) for word in dict.fromkeys(ASKED.findall(COMMENT.sub("", part)))]
                yield f"{name}.{query[0]}", _given(getattr(loaded, query[0]).sql, asked)
    for view in ("v1_distribution_tally", "v1_speed", "v1_speed_city", "v1_stock", "v1_submission_quality"):
        yield view, f"select * from reporting.{view} where tenant = '3276'"
    for board, panel in PANELS:
        yield f"{board}: {panel['title']}", filled(panel["targets"][0]["rawSql"])


def scanned(plan: dict[str, Any]) -> Iterator[str]:
    """The tables that a plan reads from end to end."""
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for below in plan.get("Plans", []):
        yield from scanned(below)


async def test_no_dashboard_scans_the_facts(world: World) -> None:
    await fill(world.database_url, ROWS)
    connection = await asyncpg.connect(world.database_url, server_settings={"search_path": "facts"})
    try:
        long = {}
        for name, sql in shown():
            (row,) = await connection.fetch(f"explain (format json) {sql}")
            found = FACTS.intersection(scanned(orjson.loads(row[0])[0]["Plan"]))
            if found:
                long[name] = found
        assert long == {}
    finally:
        await connection.close()
    assert await differences(world.database_url) == []

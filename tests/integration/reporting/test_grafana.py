"""Each panel of the Grafana dashboards answers to the very login that compose gives Grafana, on a filled database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import pytest
import yaml

import services.reporting.app as reporting
from tests.support.dashboard import carry, check_and_refuse, deliver
from tests.support.eventually import eventually
from tests.support.projecting import bought, facts_of, key, pledged
from tests.support.running import readiness, running
from tests.support.servers import World

GRAFANA = Path("deploy/grafana")
BOARDS = {file.stem: orjson.loads(file.read_bytes()) for file in sorted((GRAFANA / "dashboards").glob("*.json"))}
PANELS = [(board, panel) for board, content in BOARDS.items() for panel in content["panels"]]


def filled(sql: str) -> str:
    """What Grafana makes of a panel's SQL: its variables, and the time above as a filter."""
    for name, value in (("$kota", "3276"), ("$belanja", key("a"))):
        sql = sql.replace(name, value)
    while "$__timeFilter(" in sql:
        before, _, rest = sql.partition("$__timeFilter(")
        column, _, after = rest.partition(")")
        sql = f"{before}{column} BETWEEN '2021-07-01T00:00:00Z' AND '2021-08-31T16:59:59Z'{after}"
    assert "$" not in sql
    return sql


@asynccontextmanager
async def grafana(world: World) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Logged in as Grafana is, after its SQL was run as psql runs it."""
    admin = await asyncpg.connect(world.database_url)
    await admin.execute((GRAFANA / "reader.sql").read_text().replace(":'password'", "'of-tests'"))
    await admin.close()
    reader = await asyncpg.connect(world.database_url, user="peduli_grafana", password="of-tests")
    try:
        yield reader
    finally:
        await reader.close()


async def test_every_panel_answers_as_dashboard_reader(world: World) -> None:
    async with facts_of(world) as facts:
        late = bought("b", purchased_at="2021-07-31T23:30:00+07:00", seller_code="KOP-GURU-01")
        await facts.apply([bought("a"), late, pledged("p", 1, 1_000_000)])
    await deliver(world)
    await carry(world)
    await check_and_refuse(world)
    async with grafana(world) as reader:
        for board, panel in PANELS:
            (target,) = panel["targets"]
            rows = await reader.fetch(filled(target["rawSql"]))
            assert rows, f"{board}: {panel['title']} is empty"
            if target["format"] == "time_series":
                assert {row["time"].tzinfo for row in rows} == {UTC}
        for content in BOARDS.values():
            for variable in content["templating"]["list"]:
                if variable["type"] == "query":
                    assert [row[0] for row in await reader.fetch(variable["query"])] == ["3276"]
        (channels,) = [panel for _, panel in PANELS if panel["title"].startswith("Belanja per hari")]
        days = {row["time"] for row in await reader.fetch(filled(channels["targets"][0]["rawSql"]))}
        assert datetime(2021, 7, 31, tzinfo=UTC) in days  # 23.30 WIB is July, also in a Grafana that is set to UTC
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await reader.fetch("select * from facts.fct_purchase")
        with pytest.raises(asyncpg.PostgresError):
            await reader.execute("create temp table mine ()")
        assert await reader.fetchval("show statement_timeout") == "5s"


async def test_freshness_turns_amber_when_the_lanes_take_nothing(world: World) -> None:
    (panel,) = [panel for _, panel in PANELS if "v1_freshness" in panel["targets"][0]["rawSql"]]
    async with facts_of(world) as facts, grafana(world) as reader:
        await facts.apply([bought("a")])

        async def amber() -> list[bool]:
            return [row["tertinggal"] for row in await reader.fetch(filled(panel["targets"][0]["rawSql"]))]

        async with running(reporting.service(world.settings())):
            await eventually(amber, lambda seen: seen == [False])
        await facts.connection.execute("update heartbeat set seen_at = seen_at - interval '1 minute'")
        assert await amber() == [True]
        nobody_there = world.settings(amqp_url="amqp://guest:guest@127.0.0.1:1/", stuck_seconds=1)
        async with running(reporting.service(nobody_there)) as door:  # it runs, and takes nothing
            await eventually(lambda: readiness(door), lambda seen: "heartbeat" not in seen[1] and seen[0] == 503)
            assert await amber() == [True]


def test_dashboards_use_the_data_source_that_is_provisioned() -> None:
    (source,) = yaml.safe_load((GRAFANA / "provisioning/datasources/peduli.yaml").read_text())["datasources"]
    (provider,) = yaml.safe_load((GRAFANA / "provisioning/dashboards/peduli.yaml").read_text())["providers"]
    compose = yaml.safe_load(Path("docker-compose.yml").read_text())["services"]["grafana"]
    assert any(str(volume).split(":")[1] == provider["options"]["path"] for volume in compose["volumes"])
    assert compose["environment"].keys() >= {source["secureJsonData"]["password"].removeprefix("$")}
    wanted = {"type": source["type"], "uid": source["uid"]}
    assert all(panel["datasource"] == wanted == panel["targets"][0]["datasource"] for _, panel in PANELS)
    assert [content["uid"] for content in BOARDS.values()] == ["peduli-operasi", "peduli-program"]


@pytest.mark.parametrize("board", BOARDS)
def test_panels_do_not_overlap_and_are_told_apart(board: str) -> None:
    panels: list[dict[str, Any]] = BOARDS[board]["panels"]
    cells = [
        (x, y)
        for at in (panel["gridPos"] for panel in panels)
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)

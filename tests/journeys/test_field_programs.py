"""The example field teams take tasks from the queue of their kelurahan and report, as a city's own program would."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

import services.distribution.app as distribution
import services.purchases.app as purchases
from tests.support.access import mine, team_login
from tests.support.eventually import eventually
from tests.support.journey import KELURAHAN, query, recent, register, sums, tell
from tests.support.running import running
from tests.support.servers import World
from tests.support.tools import need

EXAMPLES = Path(__file__).parent.parent.parent / "examples" / "field"
PROGRAMS = {"python": [sys.executable, "python/team.py"], "node": ["node", "node/team.js"]}
DOORS = 4


@pytest.mark.parametrize("language", PROGRAMS)
async def test_a_team_brings_what_its_queue_tells(world: World, language: str, request: pytest.FixtureRequest) -> None:
    environment = {**os.environ, "RIDE_MS": "1"}
    if language == "node":
        need("node", "npm")
        environment["NODE_PATH"] = str(request.getfixturevalue("node_modules"))
    program, script = PROGRAMS[language]
    team = f"tim-{language}"  # a name is given once
    url = mine(world, await team_login(world, team))
    told = [url, team, KELURAHAN.replace(".", ""), *(["--ride", "0"] * (language == "python"))]
    settings = world.settings()
    async with running(distribution.service(settings)) as field, running(purchases.service(settings)):
        for number in range(DOORS):
            await register(field, household_ref=f"KK-{number}")
            await tell(world, recent(f"KOP-{number}"))
        assigned = "select 1 from distribution.tasks"
        await eventually(lambda: query(world, assigned), lambda rows: len(rows) == DOORS)
        process = await asyncio.create_subprocess_exec(
            program, str(EXAMPLES / script), *told, env=environment, stdout=asyncio.subprocess.PIPE
        )
        try:
            ended = f"""select status, count(*)::int as n, bool_and(team = '{team}') as ours from distribution.tasks
              where status in ('failed', 'returned', 'delivered') group by 1 order by 1"""
            once_each = {"failed": 1, "returned": 1, "delivered": DOORS - 2}
            await eventually(
                lambda: query(world, ended),
                lambda rows: (
                    once_each.items() <= {row["status"]: row["n"] for row in rows}.items()
                    and all(row["ours"] for row in rows)
                ),
                seconds=40,
            )
        finally:
            process.terminate()
            out, _ = await process.communicate()
        balances = await sums(field)
        assert balances["bought"] == sum(balances.values()) - balances["bought"]
        assert await query(world, "select reason from distribution.parked") == []
    assert b" failure not_home" in out

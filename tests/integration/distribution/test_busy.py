"""A place with more packets than a list shows: the figures are of all, and a program gets all of them page by page."""

from __future__ import annotations

import re
from typing import Any

from tests.support import coordinators
from tests.support.coordinators import add_coordinator
from tests.support.journey import KELURAHAN
from tests.support.running import caller
from tests.support.servers import World
from tests.support.volunteers import doors

CLONES = 249
COPIES = f"""
with homes as (
  insert into distribution.households select (jsonb_populate_record(h, jsonb_build_object(
    'household_id', md5('home' || n)::uuid, 'rw', case when n > 240 then null else n % 9 + 1 end))).*
  from distribution.households h, generate_series(1, {CLONES}) as n
), packets as (
  insert into distribution.tasks select (jsonb_populate_record(t, jsonb_build_object(
    'task_id', md5('task' || n)::uuid, 'packet_id', md5('packet' || n)::uuid, 'household_id', md5('home' || n)::uuid,
    'status', case when n <= 120 then 'failed' else 'accepted' end, 'lapses', (n <= 220)::int,
    'custody', case when n <= 200 then 'team' else 'lumbung' end))).*
  from distribution.tasks t, generate_series(1, {CLONES}) as n
)
insert into distribution.field_reports (tenant, report_id, task_id, kind, team, outcome, is_conflict, received_at)
select '3276', md5('report' || n)::uuid, md5('task' || n)::uuid, 'return', 'tim-1', 'TASK_IS_FAILED', true, now()
from generate_series(1, 210) as n
"""


async def test_the_head_of_the_page_counts_what_its_lists_leave_out(world: World) -> None:
    add_coordinator(world)
    async with doors(world, 1) as address, caller(address) as client:
        await world.admin.execute(COPIES)
        await coordinators.enter(client, world)
        page = (await client.get("/koordinator")).text
    late, failed, in_hand, free = re.findall(r'class="big">(\d+)<', page)[:4]
    assert (late, failed, in_hand, free) == ("220", "120", "129", "1")
    assert '<span class="quiet">49 belum diambil</span>' in page
    assert "Paket yang belum selesai (250)" in page
    assert "Ditampilkan 200 dari 250." in page
    assert "Perlu diputuskan (210)" in page


async def test_tasks_come_page_by_page_until_there_are_no_more(world: World) -> None:
    async with doors(world, 1) as address, caller(address) as client:
        await world.admin.execute(COPIES)
        asked: dict[str, Any] = {"kelurahan": KELURAHAN}
        first = await client.get("/v1/tasks", params=asked)
        assert (len(first.json()), "peduli-next" in first.headers) == (200, True)
        seen, after = [], ""
        for size in (120, 120, 10):
            page = await client.get("/v1/tasks", params={**asked, "limit": 120, "after": after})
            seen += page.json()
            assert len(page.json()) == size
            after = page.headers.get("peduli-next", "")
            closed = f"update distribution.tasks set status = 'returned' where task_id = '{seen[-1]['task_id']}'"
            await world.admin.execute(closed)  # a page goes on behind a task that is closed by now
        assert after == ""
        assert len({row["task_id"] for row in seen}) == CLONES + 1
        assert [row["rw"] or 1000 for row in seen] == sorted(row["rw"] or 1000 for row in seen)
        assert (await client.get("/v1/tasks", params={**asked, "after": "x"})).status_code == 422

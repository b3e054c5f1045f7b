"""One relay leads. When it freezes another takes over, and the old one, awake again, disturbs nothing."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator

import asyncpg

from shared.messaging import relay
from tests.support.eventually import eventually
from tests.support.publish import taken
from tests.support.servers import World

APPEND = """with logged as (
  insert into purchases.event_log (event_id, aggregate, version, type, routing_key, headers, body)
  select gen_random_uuid(), 'a', n, 'purchase.recorded.v1', '3276.purchase.recorded.v1',
    jsonb_build_object('ce-aggregate', 'a', 'ce-version', n::text), '{}' from generate_series($1::int, $2::int) n
  returning seq, aggregate)
insert into purchases.outbox (seq, aggregate) select seq, aggregate from logged order by seq"""

WAITING = "select count(*) from purchases.outbox"
LEADERS = """select count(*) from pg_locks where locktype = 'advisory' and granted
  and database = (select oid from pg_database where datname = current_database())"""


@contextlib.contextmanager
def relaying(world: World) -> Iterator[subprocess.Popen[bytes]]:
    """A relay as a process."""
    command = [sys.executable, "-m", "tests.support.relaying", world.rabbitmq.url, world.database_url]
    process = subprocess.Popen(command)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def test_a_frozen_leader_is_replaced_and_comes_back_harmless(world: World) -> None:
    database = await asyncpg.connect(world.database_url)

    async def count(sql: str) -> int:
        return int(await database.fetchval(sql))

    with relaying(world) as old:
        await eventually(lambda: count(LEADERS), lambda seen: seen == 1)
        with relaying(world):
            await database.execute(APPEND, 1, 3000)
            await eventually(lambda: count(WAITING), lambda left: 0 < left < 2900)  # in the middle of its work
            old.send_signal(signal.SIGSTOP)
            await database.execute(APPEND, 3001, 5000)
            await eventually(lambda: count(WAITING), lambda left: left == 0)
            old.send_signal(signal.SIGCONT)
            for first in range(5001, 6001, 100):
                await database.execute(APPEND, first, first + 99)
                await eventually(lambda: count(WAITING), lambda left: left == 0)
            assert await count(LEADERS) == 1
    await database.close()
    messages = await taken(world.rabbitmq.url, "reporting.events.0", settle=True)
    told = [int(str(item.headers["ce-version"])) for item in messages]
    assert list(dict.fromkeys(told)) == list(range(1, 6001))
    assert len(told) <= 6000 + relay.WINDOW  # what was under way when the old one froze may come twice

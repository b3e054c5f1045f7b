"""A sealed log: what was altered since is found with its place, and sealing misses nothing that commits late."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator

import pytest

from shared.database.pool import Pool, Transaction, open_pool
from shared.messaging import seals
from shared.messaging.seals import Broken
from tests.support.servers import World
from tests.support.terminal import Ended, type_

TELL = """insert into event_log (event_id, aggregate, version, type, routing_key, headers, body)
  select gen_random_uuid(), gen_random_uuid(), 1, 'x', '3276.x', '{"ce-id": "1"}', '{}' from generate_series(1, $1)"""
PUT_IN = """insert into event_log (seq, event_id, aggregate, version, type, routing_key, headers, body)
  overriding system value values (%d, gen_random_uuid(), 'forged', 1, 'x', '3276.x', '{}', '{}')"""
# the seal of the second block as it would be made now
REMAKE = """update seals set (digest, marks) = (select sha256(p.digest || string_agg(hash, ''::bytea order by seq)),
    string_agg(int8send(seq) || substr(hash, 1, 4), ''::bytea order by seq)
  from (select seq, sha256(record_send(row(seq, event_id, aggregate, version, type, routing_key, headers, body,
    recorded_at))) as hash from event_log where seq between 11 and 21) as hashed group by p.digest)
from seals p where p.block = 1 and seals.block = 2"""


@pytest.fixture
async def pool(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Pool]:
    monkeypatch.setattr(seals, "BLOCK", 10)
    opened = await open_pool(world.database_url, "purchases")
    yield opened
    await opened.close()


async def found_after(tx: Transaction, *deeds: str) -> list[Broken]:
    """What `verify` finds after these; nothing that they do stays."""
    deed = tx.transaction()
    await deed.start()
    for sql in deeds:
        await tx.execute(sql)
    found = await seals.verify(tx, [])
    await deed.rollback()
    return list(found.broken)


def verify(world: World, *words: str) -> Ended:
    return type_(("audit", "verify", *words), {"PEDULI_DATABASE_URL": world.database_url})


async def test_what_commits_while_blocks_are_sealed_is_sealed_too(pool: Pool) -> None:
    async with pool.acquire() as late, pool.acquire() as reader:
        writing = late.transaction()
        await writing.start()
        await late.execute(TELL, 3)  # stands before all the others, and is seen after them
        await pool.execute(TELL, 25)
        sealing = [asyncio.create_task(seals.seal(pool)) for _ in range(2)]
        for _ in range(20):
            await pool.execute(TELL, 1)
        await writing.commit()
        await asyncio.gather(*sealing)
        half = await seals.verify(reader, [])
        assert (half.events + half.unsealed, half.broken) == (48, ())
        assert half.events >= 28
        assert await seals.seal(pool) is False
        whole = await seals.verify(reader, [])
        assert (whole.events, whole.unsealed, whole.broken) == (48, 0, ())


async def test_whatever_was_altered_is_found_with_its_place(pool: Pool) -> None:
    await pool.execute(TELL, 14)
    await pool.execute("select nextval(pg_get_serial_sequence('event_log', 'seq'))")  # of a transaction that failed: 15
    await pool.execute(TELL, 15)
    await seals.seal(pool)
    async with pool.acquire() as tx:
        alter = "update event_log set body = '{\"pieces\": 9}' where seq = 12"
        assert await found_after(tx) == []
        assert await found_after(tx, alter) == [Broken(2, 11, 21, "altered: 12")]
        assert await found_after(tx, "update event_log set recorded_at = now() where seq > 25") == [
            Broken(3, 22, 30, "altered: 26, 27, 28, 29, 30")
        ]
        assert await found_after(tx, "delete from event_log where seq <= 10") == [  # the others do not need them
            Broken(1, 1, 10, "removed: 1, 2, 3, 4, 5 and 5 more")
        ]
        assert await found_after(tx, PUT_IN % 15) == [Broken(2, 11, 21, "put in: 15")]
        assert await found_after(tx, PUT_IN % 0) == [Broken(1, 1, 10, "put in: 0")]
        assert await found_after(tx, alter, REMAKE) == [Broken(3, 22, 30, "its seal or the one before was altered")]
        assert await found_after(tx, "delete from seals where block = 2") == [
            Broken(3, 11, 30, "the seal before this one is no more")
        ]
        hidden = await found_after(tx, alter, "update seals set marks = 'cut short'")
        assert [(broken.block, broken.first_seq, broken.last_seq) for broken in hidden] == [(2, 11, 21)]


async def test_who_makes_all_seals_anew_is_found_by_a_digest_on_paper(world: World, pool: Pool) -> None:
    await pool.execute(TELL, 25)
    await seals.seal(pool)
    ended = verify(world, "--json")
    told, untold = json.loads(ended.out)
    assert (ended.code, told["blocks"], told["events"], told["unsealed"], told["broken"]) == (0, 3, 25, 0, [])
    assert (untold["service"], untold["digest"]) == ("distribution", None)
    assert re.search(r"purchases .*100%", ended.err)
    paper = ("--expect", told["digest"])
    await pool.execute(TELL, 10)
    await seals.seal(pool)
    assert verify(world, *paper).code == 0
    await pool.execute("delete from seals")
    await pool.execute("update event_log set body = 'x' where seq = 4")
    await seals.seal(pool)
    assert verify(world).code == 0
    ended = verify(world, *paper, "--json")
    assert ended.code == 1
    assert json.loads(ended.out)[0]["broken"] == [
        {"block": 3, "first_seq": 1, "last_seq": 30, "found": "this or an earlier block is not as it was written down"}
    ]
    await pool.execute("delete from seals where block = 3")
    assert "was written down, and is no more" in verify(world, *paper).out
    assert "is no digest of purchases" in verify(world, "--service", "purchases", "--expect", "distribution/1/x").err

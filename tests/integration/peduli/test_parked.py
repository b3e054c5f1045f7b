"""`peduli parked`: what was set aside is seen, read, tried again and given up, each by its id."""

from __future__ import annotations

import json
from typing import Any

from shared.clock import now
from shared.database.pool import open_pool
from shared.messaging import parking
from tests.support.journey import query
from tests.support.laning import QUEUE, arrived
from tests.support.servers import World
from tests.support.terminal import Ended, type_

NOBODY = "00000000-0000-0000-0000-000000000000"
KEYS = {"PEDULI_HASH_KEY": "hash-key-of-tests", "PEDULI_SEAL_KEY": "seal-key-of-tests"}


def parked(world: World, *words: str) -> Ended:
    return type_(("parked", *words, "--service", "reporting"), {"PEDULI_DATABASE_URL": world.database_url, **KEYS})


async def rows(world: World) -> dict[str, dict[str, Any]]:
    """The parked table by event, whatever became of it."""
    columns = "event, state, note, retry_at is not null and retry_at <= now() as due"
    found = await query(world, f"select {columns} from facts.parked order by 1")
    return {row.pop("event").split("|")[2]: row for row in found}


async def test_a_person_sees_reads_retries_and_discards_what_is_parked(world: World) -> None:
    pool = await open_pool(world.database_url, "facts")
    aside = [(arrived("poison", "a", 1), "ValueError"), (arrived("early", "b", 3), parking.WAITING)]
    async with pool.acquire() as tx, tx.transaction():
        await parking.park(tx, QUEUE, aside, seal_key=b"seal-key-of-tests", now=now())
    await pool.close()

    listed = {row["event"].split("|")[2]: row for row in json.loads(parked(world, "list", "--json").out)}
    assert {name: (row["queue"], row["reason"], row["attempts"]) for name, row in listed.items()} == {
        "poison": (QUEUE, "ValueError", 0),
        "early": (QUEUE, parking.WAITING, 0),
    }
    poison, early = listed["poison"]["parked_id"], listed["early"]["parked_id"]
    assert poison in parked(world, "list").out
    shown = json.loads(parked(world, "show", poison).out)
    assert (json.loads(shown["body"]), json.loads(shown["headers"])["ce-id"]) == ({"n": "poison"}, "poison")

    assert parked(world, "retry", poison, "--note", "mended").code == 0
    assert (await rows(world))["poison"] == {"state": "parked", "note": "mended", "due": True}
    assert parked(world, "discard", poison, "--note", "sent twice").code == 0
    assert (await rows(world))["poison"] == {"state": "discarded", "note": "sent twice", "due": False}

    refused = parked(world, "discard", early, "--note", "in a hurry")
    assert refused.code == 1
    assert "version 1 of b comes first" in refused.err
    assert [row["event"].split("|")[2] for row in json.loads(parked(world, "list", "--json").out)] == ["early"]
    for words in (("show", NOBODY), ("retry", NOBODY, "--note", "x"), ("discard", poison, "--note", "again")):
        unknown = parked(world, *words)
        assert (unknown.code, unknown.out) == (1, "")
        assert "`peduli parked list` shows the ids" in unknown.err

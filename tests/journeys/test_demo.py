"""`peduli demo` as a person starts it: a process of its own, with publisher and field team beside it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from functools import partial
from io import StringIO
from pathlib import Path

import asyncpg
import psutil
from rich.console import Console

from peduli.display import show_ending
from tests.support.eventually import eventually
from tests.support.publish import message, publish, taken
from tests.support.repository import ROOT
from tests.support.servers import World, held_by, purge
from tests.support.soak import KEYS

# A packet that was recalled may still be in the queue: what the team says of it is kept and changes nothing
REPORTS = "select count(*)::int from distribution.field_reports where outcome <> 'TASK_IS_RECALLED'"
MOST_MEMORY = 400 << 20  # bytes of the three services that wait; what they share counts three times


async def demo(world: World, folder: Path, *options: str) -> asyncio.subprocess.Process:
    """The demo on the servers of this world."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment |= {"PEDULI_AMQP_URL": world.rabbitmq.url, "PEDULI_DATABASE_URL": world.database_url}
    command = [sys.executable, "-m", "peduli", "demo", *options]
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*command, cwd=folder, env=environment, stdout=pipe, stderr=pipe)


async def test_the_demo_plays_to_its_end_its_accounting_holds_and_ctrl_c_stops_everything(
    world: World, tmp_path: Path
) -> None:
    await purge(world.rabbitmq.url, held_by(world.topology))  # its teams read the queues of tasks
    process = await demo(world, tmp_path, "--json")
    assert process.stderr is not None
    told = b""
    while b"Ctrl-C" not in told:
        line = await process.stderr.readline()
        assert line, (told, await process.communicate())
        told += line
    connection = await asyncpg.connect(world.database_url)
    reports = await connection.fetchval(REPORTS)
    await connection.close()
    environment = (tmp_path / ".peduli/demo/env").read_text()
    doors = [line.split("=")[1] for line in environment.splitlines() if "http://" in line]
    assert len(doors) == 3
    services = [child for child in psutil.Process(process.pid).children(recursive=True) if "run" in child.cmdline()]
    assert len(services) == 3
    assert sum(child.memory_info().rss for child in services) < MOST_MEMORY
    process.send_signal(signal.SIGINT)
    out, rest = await process.communicate()
    assert process.returncode == 0
    assert b"\x1b" not in out + told + rest
    for door in doors:
        await eventually(partial(listening, door), lambda is_open: not is_open)

    result = json.loads(out)
    assert (result["holds"], result["faults"]) == (True, [])
    accounting, seen = result["accounting"], result["overview"]
    places = ("delivered", "on_the_way", "in_stock", "returned_or_expired", "opened")
    assert accounting["bought"] + accounting["loose"] == sum(accounting[place] for place in places)
    assert (accounting["opened"], accounting["loose"] > accounting["opened"]) == (2, True)
    assert (accounting["lost"], accounting["doubled"]) == (0, 0)
    assert accounting["expired"] > 0
    assert (seen["corrected"], seen["recalled"] >= 2) == (2, True)
    once = seen["purchases"] + seen["voided"] * 2 + seen["corrected"] + seen["rejected"]  # a void is told of a purchase
    assert result["sent"]["messages"] == once + result["sent"]["repeats"]
    assert {reason["code"] for reason in result["rejected"]["reasons"]} == {"UNKNOWN_UNIT", "TOTAL_MISMATCH"}
    assert [packet["status"] for packet in result["trace"]["packets"]].count("delivered") >= 1
    assert reports == seen["accepted"] + seen["delivered"] + seen["failed"] + seen["returned"]  # some were sent twice
    screen = StringIO()
    show_ending(result, Console(file=screen, width=160))
    assert "hilang 0, ganda 0" in screen.getvalue()


async def listening(door: str) -> bool:
    """True while somebody answers there."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", int(door.rsplit(":", 1)[1]))
    except OSError:
        return False
    writer.close()
    return True


async def test_another_pedulis_servers_are_left_alone(world: World, tmp_path: Path) -> None:
    waiting = message({"n": 1}, "purchase.submitted", ce_id="of-another")
    await publish(world.rabbitmq.url, [(waiting, "3276.purchase.submitted.v1")])
    process = await demo(world, tmp_path, "--no-wait", "--json")
    out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert err.decode().splitlines()[-2:] == ["messages wait in this broker", "give the demo an empty virtual host"]
    assert [item.message_id for item in await taken(world.rabbitmq.url, "purchases.intake", settle=True)] == [
        "of-another"
    ]


async def test_servers_that_do_not_answer_are_told_of_in_a_line(tmp_path: Path) -> None:
    nowhere = {"PEDULI_DATABASE_URL": "postgresql://a:secret@127.0.0.1:1/b", "PYTHONPATH": str(ROOT), **KEYS}
    command = [sys.executable, "-m", "peduli", "parked", "list", "--service", "purchases"]
    pipe, environment = asyncio.subprocess.PIPE, {**os.environ, **nowhere}
    process = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, env=environment, stdout=pipe, stderr=pipe)
    out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert "peduli doctor" in err.decode().splitlines()[-1]
    assert len(err.decode().splitlines()) == 2
    assert b"secret" not in err

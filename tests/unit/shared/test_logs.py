"""Every line of a service's log is JSON, also the libraries', and no error brings its values into it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from shared.ids import new_id
from shared.messaging.applier import ids_of, read
from shared.observability.logs import AT_ONCE, correlate
from tests.support.logged import logged
from tests.support.publish import message

NIP = "198001012005011001"
# a process of its own, because the log of a process is one; the last line ends it
FAILING = f"""
import asyncio, gc, logging
import httpx, uvicorn
from fastapi import FastAPI
from shared.observability import logs
from shared.web import problems

logs.configure("purchases")
app = FastAPI()
problems.install(app)

def insert():
    nip = "{NIP}"
    try:
        int("row with " + nip)
    except ValueError as error:
        raise LookupError("row with " + nip) from error

@app.get("/")
async def fail():
    insert()

async def forgotten(nip):
    raise ValueError(nip)

async def main():
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{{port}}/")).status_code == 500
    lost = asyncio.create_task(forgotten("{NIP}"))
    await asyncio.sleep(0)
    del lost
    gc.collect()
    asyncio.get_running_loop().call_soon(lambda nip: insert(), "{NIP}")
    server.should_exit = True
    await task

asyncio.run(main())
logging.getLogger("aio_pika.pool").warning("connection of %s lost", "{NIP}")
logging.getLogger("any").error(OSError("{NIP}"))
insert()
"""


def lines_of(program: str) -> list[dict[str, Any]]:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert NIP not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_an_error_is_told_by_class_and_place_whoever_logs_it_and_never_with_its_values() -> None:
    lines = lines_of(FAILING)
    assert {line["service"] for line in lines} == {"purchases"}
    told = [(line["event"], line.get("logger"), line.get("said"), line.get("error")) for line in lines]
    assert told == [
        ("library_logged", "uvicorn.error", "Exception in ASGI application", "LookupError"),
        ("library_logged", "asyncio", "Task exception was never retrieved", "ValueError"),
        ("library_logged", "asyncio", "Exception in callback main.", "LookupError"),
        ("library_logged", "aio_pika.pool", "connection of", None),
        ("library_logged", "any", "", "OSError"),
        ("process_failed", None, None, "LookupError"),
    ]
    failed = lines[0]
    assert [frame.split(" ")[1] for frame in failed["frames"]][-2:] == ["fail", "insert"]
    assert [cause["error"] for cause in failed["because"]] == ["ValueError"]


def test_a_batch_is_a_line_for_each_kind_and_hundred_ids() -> None:
    ids = [str(new_id()) for _ in range(AT_ONCE + 1)]
    with logged() as lines:
        correlate("purchase_judged", [*(("recorded", [each]) for each in ids), ("rejected", [ids[0], ids[0]])])
    found = [(line["event"], line["kind"], line["correlation"]) for line in lines]
    told = [("recorded", ids[:AT_ONCE]), ("recorded", ids[AT_ONCE:]), ("rejected", ids[:1])]
    assert found == [("purchase_judged", *each) for each in told]


def test_a_parked_message_is_named_by_its_ids_and_by_nothing_that_could_name_a_person() -> None:
    own, purchase = str(new_id()), str(new_id())
    told = [
        message({}, ce_id=own, ce_correlationid=purchase),
        message({}, ce_id=f"{NIP}-1", ce_correlationid=NIP),
        message(b"no JSON"),
    ]
    found = [ids_of(read("3276.purchase.submitted.v1", dict(it.headers), it.content_type, it.body)) for it in told]
    assert found == [{"event_id": own, "correlation": [purchase]}, {}, {}]

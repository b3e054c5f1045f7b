"""`peduli demo`: the whole journey on real servers, told step by step, with the reckoning at its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from peduli import processes, servers, story, trace
from peduli.prepare import prepare_broker, prepare_database
from peduli.processes import Running
from services.reporting.cli import differences, select
from shared.clock import now
from shared.errors import PeduliError
from shared.reference.load import load

TENANT = "3276"
PUBLISHER = Path(__file__).parent.parent / "examples" / "publishers" / "python" / "publish_events.py"
SETTLE_SECONDS = 40.0


class DemoError(PeduliError):
    """The story did not come out as reckoned."""


@dataclass
class Stage:
    """What the story is played on."""

    amqp_url: str
    admin_url: str
    services: dict[str, Running]
    folder: Path

    @property
    def urls(self) -> dict[str, str]:
        return {name: service.url for name, service in self.services.items()}


@contextlib.contextmanager
def stage(folder: Path, say: Callable[[str], None]) -> Iterator[Stage]:
    """Servers (given by PEDULI_AMQP_URL and PEDULI_DATABASE_URL, else private ones) with the three services on them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    given = os.environ.get("PEDULI_AMQP_URL"), os.environ.get("PEDULI_DATABASE_URL")
    with contextlib.ExitStack() as stack:
        if given[0] and given[1]:
            amqp_url, admin_url = given[0], given[1]
        else:
            servers.install_missing(say)
            say("starting a private RabbitMQ and Postgres")
            postgres, rabbitmq = stack.enter_context(servers.private_servers(folder / "servers"))
            amqp_url, admin_url = rabbitmq.url, postgres.url
        say("applying migrations, loading Depok's reference data, declaring queues")
        passwords = {schema: secrets.token_hex(16) for schema in processes.SERVICES.values()}
        asyncio.run(prepare_database(admin_url, TENANT, passwords))
        asyncio.run(prepare_broker(amqp_url, TENANT))
        keys = {"PEDULI_HASH_KEY": secrets.token_hex(32), "PEDULI_SEAL_KEY": secrets.token_hex(32)}
        services = processes.plan(folder / "logs", amqp_url, admin_url, passwords, keys)
        say("starting purchases, distribution and reporting")
        for service in services.values():
            stack.callback(service.stop)
            service.start()
        for service in services.values():
            service.wait_ready()
        yield Stage(amqp_url, admin_url, services, folder)


def play(scene: Stage, say: Callable[[str], None]) -> dict[str, Any]:
    """Play the story and reckon; the result is what `--json` prints. Raises `DemoError` when it never settles."""
    told = story.tell(load(TENANT), now())
    told.write(scene.folder / "events.jsonl")
    with httpx.Client(timeout=10) as client:
        say(f"registering {len(told.households)} households in isolation")
        for household in told.households:
            answer = client.post(
                f"{scene.urls['distribution']}/v1/households",
                json=household,
                headers={"Peduli-Source": "/puskesmas/demo"},
            )
            answer.raise_for_status()
        say(f"publishing {len(told.events)} events over AMQP: some twice, one wrong, one corrected, one voided")
        command = [sys.executable, str(PUBLISHER), scene.amqp_url, str(scene.folder / "events.jsonl")]
        subprocess.run(command, check=True, timeout=60)
        _until(lambda: _bought(client, scene) == told.pieces, "the goods of all purchases are in the ledger")
        say("field teams accept and deliver; one door has nobody at home, one packet comes back")
        delivered = _work(client, scene)
        _until(lambda: _tallied(scene, told), "the tallies show every purchase and delivery")
        result = _reckon(client, scene, told)
        result["trace"] = trace.follow(delivered, scene.urls, TENANT)
        return result


def _bought(client: httpx.Client, scene: Stage) -> int:
    return int(client.get(f"{scene.urls['distribution']}/v1/accounting").json()["bought"])


def _until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SETTLE_SECONDS
    while not true():
        if time.monotonic() > deadline:
            raise DemoError(f"after {SETTLE_SECONDS:.0f} s it is still not so that {what}")
        time.sleep(0.2)


def _tasks(client: httpx.Client, scene: Stage) -> list[str]:
    """Open tasks, asked per kelurahan as a field team does."""
    found: list[str] = []
    for code in load(TENANT).kelurahan:
        answer = client.get(f"{scene.urls['distribution']}/v1/tasks", params={"kelurahan": code})
        found += [task["task_id"] for task in answer.json() if task["status"] == "assigned"]
    return found


def _work(client: httpx.Client, scene: Stage) -> str:
    """Accept all but two, deliver all but two of these; returns a delivered task."""
    _until(lambda: len(_tasks(client, scene)) >= 6, "at least six tasks are assigned")
    tasks = _tasks(client, scene)
    accepted = tasks[:-2]
    for task in accepted:
        _report(client, scene, task, "accept")
    _report(client, scene, accepted[0], "fail", reason="not_home")
    _report(client, scene, accepted[1], "fail", reason="refused")
    _report(client, scene, accepted[1], "return")
    for task in accepted[2:]:
        for _ in range(2):  # a bad signal sends each report twice
            _report(client, scene, task, "deliver", proof_kind="witness", proof="ketua RT")
    return accepted[2]


def _report(client: httpx.Client, scene: Stage, task: str, kind: str, **more: str) -> None:
    report_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{task}{kind}"))
    body = {"report_id": report_id, "task_id": task, "team": "tim-demo", "kind": kind, **more}
    client.post(f"{scene.urls['distribution']}/v1/tasks/{task}/reports", json=body).raise_for_status()


def _tallied(scene: Stage, told: story.Story) -> bool:
    sums = asyncio.run(
        select(scene.admin_url, "select coalesce(sum(purchases), 0)::int as n from reporting.v1_unit_tally")
    )
    return bool(sums[0]["n"] == told.purchases) and not asyncio.run(differences(scene.admin_url))


def _reckon(client: httpx.Client, scene: Stage, told: story.Story) -> dict[str, Any]:
    accounts: dict[str, int] = client.get(f"{scene.urls['distribution']}/v1/accounting").json()
    top = asyncio.run(select(scene.admin_url, TOP_UNITS))
    spend = asyncio.run(select(scene.admin_url, "select sum(spend_idr)::bigint as n from reporting.v1_unit_tally"))
    refused = client.get(f"{scene.urls['purchases']}/v1/submissions{story.SOURCE}/{told.rejected}").json()
    gone = accounts["expired"] + accounts["returned"] + accounts["withdrawn"] + accounts["damaged"]
    on_the_way = accounts["reserved"] + accounts["in_transit"]
    somewhere = accounts["delivered"] + on_the_way + accounts["available"] + gone
    accounting = {
        "bought": accounts["bought"],
        "over_delivered": accounts["over_delivered"],
        "delivered": accounts["delivered"],
        "on_the_way": on_the_way,
        "in_stock": accounts["available"],
        "returned_or_expired": gone,
        "lost": max(0, told.pieces + accounts["over_delivered"] - somewhere),
        "doubled": max(0, somewhere - told.pieces - accounts["over_delivered"]),
    }
    holds = (
        accounting["lost"] == 0
        and accounting["doubled"] == 0
        and accounts["delivered"] > 0
        and int(spend[0]["n"]) == told.spend_idr
        and refused[0]["outcome"] == "rejected"
    )
    return {"holds": holds, "accounting": accounting, "top_units": top, "rejected": refused[0], "urls": scene.urls}


TOP_UNITS = """select unit_name, buyers, headcount, participation_percent::float as participation_percent, spend_idr
from reporting.v1_unit_tally where purchases > 0 order by spend_idr desc limit 5"""


def show(result: dict[str, Any], console: Console) -> None:
    """The end of the story for a person."""
    trace.render(result["trace"], console)
    table = Table("Unit kerja", "Pembeli", "ASN", "Partisipasi %", "Belanja")
    for row in result["top_units"]:
        spend = f"Rp{row['spend_idr']:,}".replace(",", ".")
        table.add_row(row["unit_name"], *(str(row[k]) for k in ("buyers", "headcount", "participation_percent")), spend)
    console.print(table)
    console.print(f"Ditolak: {result['rejected']['kind']} dengan alasan:")
    for reason in result["rejected"]["reasons"]:
        console.print(f"  {reason['path']}: {reason['message']} ({reason['code']})")
    a = result["accounting"]
    console.print(
        f"dibeli {a['bought']} + kelebihan {a['over_delivered']} = diantar {a['delivered']} "
        f"+ di jalan {a['on_the_way']} + di lumbung {a['in_stock']} + kembali/kedaluwarsa {a['returned_or_expired']}; "
        f"hilang {a['lost']}, ganda {a['doubled']}"
    )
    for name, url in result["urls"].items():
        console.print(f"{name}: {url}/docs")


def develop() -> int:
    """Servers and services without a story, until Ctrl-C: what `make dev` starts."""
    console = Console()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with stage(Path(".peduli") / "dev", console.print) as scene:
            console.print(f"RabbitMQ {scene.amqp_url}\nPostgres {scene.admin_url}")
            for name, url in scene.urls.items():
                console.print(f"{name} {url}/docs")
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        return 0


def run(*, wait: bool, as_json: bool) -> int:
    """Play it; 0 only when the accounting holds. Ctrl-C, or the end without `wait`, stops everything."""
    console = Console(stderr=as_json)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.1f} s[/dim]  {text}")

    try:
        with stage(Path(".peduli") / "demo", say) as scene:
            with console.status("peduli demo"):
                result = play(scene, say)
            result["seconds"] = round(time.monotonic() - began, 1)
            if as_json:
                print(json.dumps(result, indent=2, default=str))
            else:
                show(result, console)
            if wait:
                console.print("Semua masih berjalan. Ctrl-C menghentikan semuanya.")
                while True:
                    time.sleep(3600)
            return 0 if result["holds"] else 1
    except KeyboardInterrupt:
        console.print("stopped")
        return 0

"""`peduli doctor`: what this machine has and lacks, and for each lack the next command to type. Changes nothing."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from peduli.servers import apt
from peduli.servers.containers import PostgresContainer, RabbitMQContainer
from peduli.servers.postgres import find_postgres
from peduli.servers.rabbitmq import find_rabbitmq
from peduli.servers.server import free_port
from peduli.servers.ways import Way, way
from peduli.staging import without_password
from shared.database.pool import connect
from shared.messaging.connection import open_connection

FREE_GB = 1
OLDEST = {"Postgres": (15,), "RabbitMQ": (3, 10)}  # RabbitMQ 3.10: streams, and dead-lettering at least once
GIVEN = {"Postgres": "PEDULI_DATABASE_URL", "RabbitMQ": "PEDULI_AMQP_URL"}
HASH_PLUGIN = "rabbitmq_consistent_hash_exchange"
DOCKER_PORTS = (5672, 15672, 5432, 8001, 8002, 8003)
OR_DOCKER = "  # or start Docker: `docker info` must answer"
ANSWER_SECONDS = 5.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `advice` is the next command; what is not `is_needed` fails nothing."""

    name: str
    is_ok: bool
    seen: str
    advice: str
    is_needed: bool = True


def check(environment: Mapping[str, str]) -> list[Finding]:
    """Look at all that Peduli needs; servers that the environment names take the place of installed ones."""
    findings = [_python(), _program("git"), _program("make"), _disk()]
    database_url, amqp_url = (environment.get(name) for name in GIVEN.values())
    findings += [_given("Postgres", database_url, _ask_postgres)] if database_url else [_installed_postgres()]
    findings += [_given("RabbitMQ", amqp_url, _ask_rabbitmq)] if amqp_url else _installed_rabbitmq()
    findings += [_may_install(is_needed=not all(finding.is_ok for finding in findings))]
    if bool(database_url) != bool(amqp_url):
        findings += [
            Finding("given servers", False, "only one is named", f"unset {' '.join(GIVEN.values())}  # or set both")
        ]
    return [*findings, _loopback(), _docker_ports()]


def show(findings: list[Finding], console: Console) -> None:
    """One line for each, and under what is missing the command to type."""
    for finding in findings:
        word, colour = ("ok", "green") if finding.is_ok else ("no", "red") if finding.is_needed else ("--", "yellow")
        console.print(f"[{colour}]{word}[/{colour}]  {finding.name}: {finding.seen}", highlight=False)
        if not finding.is_ok:
            console.print(f"    [bold]{finding.advice}[/bold]", highlight=False, soft_wrap=True)


def _python() -> Finding:
    seen = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python 3.11 or newer", sys.version_info >= (3, 11), seen, _apt("python3", "python3-venv"))


def _program(name: str) -> Finding:
    found = shutil.which(name)
    return Finding(name, found is not None, found or "not found", _apt(name))


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free / 10**9
    return Finding(f"{FREE_GB} GB of free disk", free > FREE_GB, f"{free:.1f} GB", "make clean")


def _installed_postgres() -> Finding:
    if way(find_postgres) == Way.DOCKER:
        return _in_docker("Postgres", PostgresContainer.image)
    folder, said = find_postgres(), ""
    if folder:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    return _versioned("Postgres", said, _apt("postgresql") + OR_DOCKER)


def _installed_rabbitmq() -> list[Finding]:
    if way(find_rabbitmq) == Way.DOCKER:
        return [_in_docker("RabbitMQ", RabbitMQContainer.image)]
    scripts = find_rabbitmq()
    plugins = (scripts / "rabbitmq-server").resolve().parent.parent / "plugins" if scripts else Path("/nowhere")
    core = next((path.name for path in plugins.glob("rabbit-[0-9]*")), "")
    has_plugin = any(plugins.glob(f"{HASH_PLUGIN}-*"))
    advice = _apt("rabbitmq-server") + OR_DOCKER
    seen = "found" if has_plugin else "not found"
    return [_versioned("RabbitMQ", core, advice), Finding(f"its plugin {HASH_PLUGIN}", has_plugin, seen, advice)]


def _in_docker(server: str, image: str) -> Finding:
    return Finding(server, True, f"in Docker, image {image}", "")


def _versioned(server: str, text: str, advice: str, at: str = "") -> Finding:
    """A finding about the version that is somewhere in `text`; none means that there is no server."""
    found, oldest = re.search(r"\d+(\.\d+)+", text), OLDEST[server]
    seen = found.group() if found else ""
    is_ok = bool(seen) and tuple(map(int, seen.split("."))) >= oldest
    return Finding(f"{server} {'.'.join(map(str, oldest))} or newer{at}", is_ok, seen or "not found", advice)


def _given(server: str, url: str, ask: Callable[[str], Coroutine[Any, Any, str]]) -> Finding:
    """A server that the environment names: does it answer, and is it new enough?"""
    at, variable = f" at {without_password(url)}", GIVEN[server]
    try:
        said = asyncio.run(asyncio.wait_for(ask(url), ANSWER_SECONDS))
    except Exception as error:
        seen = f"no answer ({type(error).__name__})"
        return Finding(server + at, False, seen, f"unset {variable}  # or start that server")
    return _versioned(server, said, f"unset {variable}  # or upgrade that server", at)


async def _ask_postgres(url: str) -> str:
    connection = await connect(url, "public")
    try:
        return str(await connection.fetchval("show server_version"))
    finally:
        await connection.close()


async def _ask_rabbitmq(url: str) -> str:
    connection = await open_connection(url, "peduli-doctor")
    try:
        return str(connection.server_properties["version"])
    finally:
        await connection.close()


def _may_install(*, is_needed: bool) -> Finding:
    may = apt.is_possible()
    who = "root" if os.getuid() == 0 else "sudo" if may else "neither root nor sudo"
    advice = f"export {'=... '.join(GIVEN.values())}=...  # or ask root for the packages above"
    return Finding("leave to install with apt", may, who, advice, is_needed)


def _loopback() -> Finding:
    try:
        seen = f"127.0.0.1:{free_port()} is free"
    except OSError as error:
        return Finding("free ports", False, str(error), "ip link set lo up")
    return Finding("free ports", True, seen, "")


def _docker_ports() -> Finding:
    busy = [str(port) for port in DOCKER_PORTS if _listens(port)]
    advice = f"{_sudo()}ss -ltnp  # shows who has them; make demo and make dev take free ones"
    seen = f"in use: {' '.join(busy)}" if busy else "free"
    return Finding("ports of make up", not busy, seen, advice, is_needed=False)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _sudo() -> str:
    return "" if os.getuid() == 0 else "sudo "


def _apt(*packages: str) -> str:
    return f"{_sudo()}apt-get install {' '.join(packages)}"

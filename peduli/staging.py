"""Where the demo plays and `make dev` lives: servers, prepared, with the three services on them."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import secrets
import shlex
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr
from rich.console import Console

from peduli import processes
from peduli.prepare import prepare_broker, prepare_database
from peduli.processes import Running
from peduli.servers.private import install_missing, private_servers
from shared.database.pool import connect
from shared.errors import PeduliError
from shared.messaging import topology
from shared.settings import Settings

TENANT = "3276"
GIVEN = ("PEDULI_AMQP_URL", "PEDULI_DATABASE_URL")
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StageError(PeduliError):
    """The servers cannot be used as they are given."""


class OccupiedError(StageError):
    """Another one runs here already."""


@dataclass
class Stage:
    """What is running, and where. `secrets` are the keys of the services by variable."""

    amqp_url: str
    admin_url: str
    services: dict[str, Running]
    secrets: dict[str, str]
    folder: Path
    management_url: str = ""

    @property
    def urls(self) -> dict[str, str]:
        """The HTTP doors by service."""
        return {name: service.url for name, service in self.services.items()}

    @property
    def environment(self) -> dict[str, str]:
        """What the commands of `peduli` need in order to work on this stage."""
        doors = {f"PEDULI_{name.upper()}_URL": url for name, url in self.urls.items()}
        servers = {"PEDULI_AMQP_URL": self.amqp_url, "PEDULI_DATABASE_URL": self.admin_url}
        users = {"PEDULI_MANAGEMENT_URL": self.management_url} if self.management_url else {}
        return {**servers, **users, **doors, **self.secrets}

    @property
    def addresses(self) -> dict[str, str]:
        """Where a person can look; without passwords."""
        doors = {name: f"{url}/docs" for name, url in self.urls.items()}
        return {**doors, "RabbitMQ": without_password(self.amqp_url), "Postgres": without_password(self.admin_url)}


def _ignore_ends() -> None:
    """From now on all is being stopped: a second Ctrl-C must not leave half of it running."""
    for name in ENDS:
        signal.signal(name, signal.SIG_IGN)


def _end(_number: int, _frame: object) -> None:
    _ignore_ends()
    raise KeyboardInterrupt


@contextlib.contextmanager
def ending_quietly(console: Console) -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal end what is inside, and everything that it started, without a traceback."""
    for name in ENDS:
        signal.signal(name, _end)
    try:
        yield
    except KeyboardInterrupt:
        console.print("Semuanya sudah berhenti.")


@contextlib.contextmanager
def stage(folder: Path, say: Callable[[str], None], *, is_unused: bool = False) -> Iterator[Stage]:
    """Servers (given by PEDULI_AMQP_URL and PEDULI_DATABASE_URL, else private ones) with the three services on them.

    `folder` is emptied first; its `env` is for `. folder/env` in another terminal. Raises `OccupiedError`, with
    `is_unused` also for servers where another Peduli works: nothing of it is touched.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(alone(folder))
        amqp_url, admin_url, management_url = _servers(folder, stack, say)
        if is_unused:
            asyncio.run(_must_be_unused(amqp_url, admin_url))
        say("Menyiapkan basis data, data Kota Depok, dan antrean")
        passwords = {schema: secrets.token_hex(16) for schema in processes.SERVICES.values()}
        asyncio.run(prepare_database(admin_url, TENANT, passwords))
        hash_key, seal_key = secrets.token_hex(32), secrets.token_hex(32)
        keys = {"PEDULI_HASH_KEY": hash_key, "PEDULI_SEAL_KEY": seal_key}
        settings = Settings(hash_key=SecretStr(hash_key), seal_key=SecretStr(seal_key))  # as the services read them
        asyncio.run(prepare_broker(amqp_url, TENANT, shards=settings.shards))
        say("Menyalakan layanan purchases, distribution, dan reporting")
        services = processes.plan(folder / "logs", amqp_url, admin_url, passwords, keys)
        for service in services.values():
            stack.callback(service.stop)
            service.start()
        for service in services.values():
            service.wait_ready()
        scene = Stage(amqp_url, admin_url, services, keys, folder, management_url)
        _write_environment(scene)
        try:
            yield scene
        finally:
            _ignore_ends()
            say("Menghentikan semuanya")


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process alone, and empty."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OccupiedError(hint=f"{folder} is in use; stop it there with Ctrl-C") from None
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(exist_ok=True)
        yield


def _servers(folder: Path, stack: contextlib.ExitStack, say: Callable[[str], None]) -> tuple[str, str, str]:
    """URLs of the broker, the database, and the broker's management API (empty when it was not given)."""
    given = {name: os.environ[name] for name in GIVEN if os.environ.get(name)}
    if len(given) == len(GIVEN):
        return given[GIVEN[0]], given[GIVEN[1]], os.environ.get("PEDULI_MANAGEMENT_URL", "")
    if given:
        raise StageError(f"only {', '.join(given)} is given", hint=f"give both or neither: {', '.join(GIVEN)}")
    install_missing(say)
    say("Menyalakan RabbitMQ dan Postgres sendiri")
    if os.getuid() == 0:  # Postgres will not run as root, and its own user cannot enter a clone in /root
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="peduli-")))
    postgres, rabbitmq = stack.enter_context(private_servers(folder / "servers"))
    return rabbitmq.url, postgres.url, rabbitmq.management_url


async def _must_be_unused(amqp_url: str, admin_url: str) -> None:
    """Raise `OccupiedError` where another Peduli works: its logins and its messages are not ours to change."""
    connection = await connect(admin_url, "public")
    try:
        logins = [f"peduli_{schema}" for schema in processes.SERVICES.values()]
        if await connection.fetchval("select exists (select from pg_stat_activity where usename = any($1))", logins):
            raise OccupiedError("the services of another Peduli are logged in here", hint="stop them, or give another")
        table = await connection.fetchval("select to_regclass('purchases.purchases')")
        if table and await connection.fetchval("select exists (select from purchases.purchases)"):
            raise OccupiedError("this database already holds purchases", hint="give the demo an empty database")
    finally:
        await connection.close()
    if await topology.has_messages(amqp_url, "purchases.intake"):
        raise OccupiedError("messages wait in this broker", hint="give the demo an empty virtual host")


def _write_environment(scene: Stage) -> None:
    """The environment of the commands as a file that only its owner may read: it holds keys."""
    path = scene.folder / "env"
    path.touch(mode=0o600)
    path.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in scene.environment.items()))


def without_password(url: str) -> str:
    """A URL without its user's password."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{parts.username}@{host}" if parts.username else host).geturl()

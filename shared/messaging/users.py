"""The broker's users and what each may do: services read their own queues, publishers write under their own keys,
field teams read the tasks of their kelurahan and write under theirs.

RabbitMQ has no AMQP command for users, so they are made through its management API.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from shared import certificates
from shared.errors import PeduliError
from shared.messaging.topology import EVENTS, INTAKE, tasks_queue

NOTHING = "^$"
CLOSING_TRIES, CLOSING_SECONDS = 10, 0.3


@dataclass(frozen=True)
class Rights:
    """Regular expressions in RabbitMQ's sense: queues to consume, and routing keys to publish to one exchange."""

    consumes: str = NOTHING
    exchange: str = ""
    keys: str = NOTHING

    @property
    def permission(self) -> dict[str, str]:
        """What the broker keeps for the virtual host: nobody but an administrator declares anything."""
        writes = f"^{re.escape(self.exchange)}$" if self.exchange else NOTHING
        return {"configure": NOTHING, "write": writes, "read": self.consumes}


RIGHTS = {
    "purchases": Rights(
        r"^(purchases\..+|peduli\.dead\.purchases)$", EVENTS, r"^[0-9]+\.(purchase|pledge|seller|product|unit)\."
    ),
    "distribution": Rights(
        r"^(distribution\..+|peduli\.dead\.distribution)$", EVENTS, r"^[0-9]+\.(household|task|lot|recipients)\."
    ),
    "reporting": Rights(r"^(reporting\..+|peduli\.dead\.reporting)$"),
}


class BrokerUsersError(PeduliError):
    """The broker's management API did not do what was asked."""


def of_publisher(tenant: str, name: str) -> Rights:
    """A publisher reads nothing, and writes to the intake under keys that end with its name."""
    return Rights(exchange=INTAKE, keys=rf"^{re.escape(tenant)}\.(purchase|pledge)\.[a-z_]+\.v1\.{re.escape(name)}$")


def of_team(tenant: str, name: str, kelurahan: Sequence[str]) -> Rights:
    """A field team reads the tasks of these kelurahan, and reports under keys that end with its name."""
    queues = "|".join(re.escape(tasks_queue(code)) for code in kelurahan)
    keys = rf"^{re.escape(tenant)}\.task\.[a-z]+_submitted\.v1\.{re.escape(name)}$"
    return Rights(f"^({queues})$", INTAKE, keys)


def publisher_user(tenant: str, name: str, generation: int) -> str:
    """The login of a publisher: a rotation makes the next one beside it, so that nobody has to stop."""
    return f"pub.{tenant}.{name}.{generation}"


def team_user(tenant: str, name: str, generation: int) -> str:
    """The login of a field team, as `publisher_user` has it."""
    return f"team.{tenant}.{name}.{generation}"


async def ensure(management_url: str, passwords: dict[str, str]) -> None:
    """Make each service's user `peduli_<service>`, or renew its password and rights; `passwords` are by service.

    Raises `BrokerUsersError`, as all of these do. `management_url` has an administrator's name and password in it.
    """
    for service, password in passwords.items():
        await save(management_url, f"peduli_{service}", password, RIGHTS[service])


async def save(management_url: str, user: str, password: str, rights: Rights) -> None:
    """Make a user, or give it this password and these rights and no others."""
    async with _management(management_url) as management:
        await management.put(f"/api/users/{user}", json={"password": password, "tags": ""})
        await _allow(management, user, rights)


async def limit(management_url: str, user: str, rights: Rights) -> None:
    """Give a user these rights instead of those that it had. Its connections are closed, so that it reads no queue
    any more that was its own; it may come again at once.
    """
    async with _management(management_url) as management:
        await _allow(management, user, rights)
        await _close(management, user)


async def remove(management_url: str, user: str) -> None:
    """Take a user away and close its connections; harmless when there is none."""
    async with _management(management_url) as management:
        await management.delete(f"/api/users/{user}")
        await _close(management, user)


async def _allow(management: httpx.AsyncClient, user: str, rights: Rights) -> None:
    keys = {"exchange": rights.exchange, "write": rights.keys, "read": NOTHING}
    if rights.exchange:  # before it may write there at all: without this, every key is allowed
        await management.put(f"/api/permissions/%2F/{user}", json=Rights().permission)
        await management.put(f"/api/topic-permissions/%2F/{user}", json=keys)
    await management.put(f"/api/permissions/%2F/{user}", json=rights.permission)


async def _close(management: httpx.AsyncClient, user: str) -> None:
    for left in reversed(range(CLOSING_TRIES)):
        try:
            await management.delete(f"/api/connections/username/{user}")
            return
        except httpx.HTTPStatusError as error:  # 500: a connection ended by itself while the broker closed it
            if not error.response.is_server_error or not left:
                raise
            await asyncio.sleep(CLOSING_SECONDS)


@asynccontextmanager
async def _management(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the API for which every refusal is an error, but that something to delete is gone already."""

    async def check(answer: httpx.Response) -> None:
        if not (answer.request.method == "DELETE" and answer.status_code == 404):
            answer.raise_for_status()

    try:
        hooks, verify = {"response": [check]}, certificates.needed(url)
        async with httpx.AsyncClient(base_url=url, timeout=10, event_hooks=hooks, verify=verify) as client:
            yield client
    except httpx.HTTPError as error:
        raise BrokerUsersError(
            f"the broker's management API: {type(error).__name__}",
            hint="give PEDULI_MANAGEMENT_URL with an administrator's name and password; "
            "`rabbitmq-plugins enable rabbitmq_management` turns the API on",
        ) from error

"""One broker user per service: it declares nothing, consumes its own queues, and tells only what is its own.

RabbitMQ has no AMQP command for users, so they are made through its management API.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx

from shared.messaging.topology import EVENTS

NOTHING = "^$"


@dataclass(frozen=True)
class Rights:
    """Regular expressions in RabbitMQ's sense: queues to consume, and routing keys to publish to `peduli.events`."""

    consumes: str
    tells: str = NOTHING


RIGHTS = {
    "purchases": Rights(
        r"^(purchases\..+|peduli\.dead\.purchases)$", r"^[^.]+\.(purchase|pledge|seller|product|unit)\."
    ),
    "distribution": Rights(r"^(distribution\..+|peduli\.dead\.distribution)$", r"^[^.]+\.(household|task|lot)\."),
    "reporting": Rights(r"^(reporting\..+|peduli\.dead\.reporting)$"),
}


async def ensure(management_url: str, passwords: dict[str, str]) -> None:
    """Make each service's user `peduli_<service>`, or renew its password and rights.

    `management_url` has an administrator's name and password in it; `passwords` are by service. Raises
    `httpx.HTTPError` when the broker does not answer or refuses.
    """
    async with httpx.AsyncClient(base_url=management_url, timeout=10) as management:
        for service, password in passwords.items():
            user, rights = f"peduli_{service}", RIGHTS[service]
            writes = NOTHING if rights.tells == NOTHING else f"^{re.escape(EVENTS)}$"
            permission = {"configure": NOTHING, "write": writes, "read": rights.consumes}
            keys = {"exchange": EVENTS, "write": rights.tells, "read": NOTHING}
            for path, body in (
                (f"/api/users/{user}", {"password": password, "tags": ""}),
                (f"/api/permissions/%2F/{user}", permission),
                (f"/api/topic-permissions/%2F/{user}", keys),
            ):
                (await management.put(path, json=body)).raise_for_status()

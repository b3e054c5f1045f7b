"""`peduli alarms`: the five things that a person must look at, each with its page in docs/runbooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from peduli.processes import SERVICES
from services.distribution.cli.webhooks import count_given_up
from shared import certificates
from shared.database.pool import connect
from shared.messaging import outbox, parking, topology
from shared.settings import Settings

DRAIN_SECONDS = 60.0  # a relay publishes within a second; an outage of the broker is seen before this


@dataclass(frozen=True)
class Alarm:
    """One thing that was looked at: whether a person must act, and what was seen."""

    name: str
    is_ringing: bool
    seen: str

    @property
    def runbook(self) -> str:
        """The page that tells what it means and what to do."""
        return f"docs/runbooks/{self.name}.md"


async def look(settings: Settings, urls: Mapping[str, str]) -> list[Alarm]:
    """Look at broker, databases and services; changes nothing. Raises what a server that does not answer raises."""
    depth = (await topology.depths(settings.amqp_url, [topology.UNROUTABLE]))[topology.UNROUTABLE]
    parked: dict[str, int] = {}
    waiting: dict[str, float] = {}
    for service, schema in SERVICES.items():
        connection = await connect(settings.database_url, schema)
        try:
            parked[service] = len(await parking.queries.list_parked(connection))
            waiting[service] = (await outbox.queries.load_backlog(connection))["oldest_seconds"]
        finally:
            await connection.close()
    given_up = await count_given_up(settings.database_url)
    ready = {service: _readiness(url) for service, url in urls.items()}
    return [
        Alarm("unroutable-not-empty", depth > 0, f"{depth} messages"),
        Alarm("something-parked", any(parked.values()), _said({name: str(count) for name, count in parked.items()})),
        Alarm(
            "outbox-not-draining",
            max(waiting.values()) > DRAIN_SECONDS,
            _said({name: f"{seconds:.0f} s" for name, seconds in waiting.items()}),
        ),
        Alarm("lane-not-ready", any(said != "ready" for said in ready.values()), _said(ready)),
        Alarm(
            "webhook-given-up",
            bool(given_up),
            _said({webhook: f"{count} messages" for webhook, count in given_up.items()}) or "0 messages",
        ),
    ]


def _readiness(url: str) -> str:
    """What /readyz says: `ready`, what is stuck, or that nobody answers."""
    try:
        answer = httpx.get(f"{url}/readyz", timeout=5, verify=certificates.needed(url)).json()
    except (httpx.HTTPError, ValueError):
        return "no answer"
    return f"{answer['status']} {' '.join(answer['stuck'])}".strip()


def _said(by_service: Mapping[str, str]) -> str:
    return ", ".join(f"{service} {text}" for service, text in by_service.items())

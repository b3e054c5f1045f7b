"""A relay in a process of its own, less patient than in life: `python -m tests.support.relaying AMQP DATABASE`."""

from __future__ import annotations

import asyncio
import sys

from shared.messaging import connection, relay

HEARTBEAT_SECONDS = 1
FROZEN_SECONDS = 5.0


def main(amqp_url: str, database_url: str) -> None:
    """Lead, or wait to lead, until killed."""
    connection.HEARTBEAT_SECONDS = HEARTBEAT_SECONDS
    relay.FROZEN_SECONDS = FROZEN_SECONDS
    running = relay.Relay(database_url=database_url, schema="purchases", amqp_url=amqp_url)
    asyncio.run(running.run(asyncio.Event()))


if __name__ == "__main__":
    main(*sys.argv[1:])

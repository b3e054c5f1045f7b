"""Which errors of a command mean that a server is away, or does not let us in."""

from __future__ import annotations

import socket


def is_unreachable(error: Exception) -> bool:
    """True when the way out is to start a server, or to mend its address or password."""
    import aiormq  # these three are slow to import, and seldom needed
    import asyncpg
    import httpx

    database = (
        asyncpg.PostgresConnectionError,
        asyncpg.InvalidAuthorizationSpecificationError,
        asyncpg.InvalidCatalogNameError,
        asyncpg.CannotConnectNowError,
    )
    others = (ConnectionError, TimeoutError, socket.gaierror, aiormq.AMQPConnectionError, httpx.TransportError)
    return isinstance(error, (*database, *others))

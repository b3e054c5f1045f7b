"""How a broker connection is made: with a short heartbeat, and a name that the broker's pages show."""

from __future__ import annotations

import aiormq
import aiormq.abc

HEARTBEAT_SECONDS = 4  # a dead peer is noticed after three beats; the default took 183 s


async def open_connection(url: str, name: str) -> aiormq.abc.AbstractConnection:
    """One connection for one job: publishing and consuming never share one (a memory alarm stops publishers)."""
    parted = "&" if "?" in url else "?"
    return await aiormq.connect(
        f"{url}{parted}heartbeat={HEARTBEAT_SECONDS}", client_properties={"connection_name": name}
    )

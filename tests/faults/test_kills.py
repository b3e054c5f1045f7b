"""Everything is killed under load, and nothing is lost or doubled (the short form of `make soak`)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.support import soak


async def test_every_process_dies_at_every_step_and_every_server_is_killed_under_load(tmp_path: Path) -> None:
    async with soak.battlefield(tmp_path, seed=1, households=300) as battle:
        wrong = await soak.one_round(battle, "R", soak.every_point, purchases=5000, rate=400)
        assert wrong == []
        assert battle.unreached == []


async def test_twenty_seconds_away_parks_nothing_and_is_caught_up(tmp_path: Path) -> None:
    async def away(battle: soak.Battle) -> None:
        """Each server is away alone for half of its time, and together with the other for the other half."""

        async def later(server: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            await battle.strike_server(server, 20)

        await asyncio.gather(later("postgres-stop", 2), later("rabbitmq-stop", 12))

    async with soak.battlefield(tmp_path, seed=1, households=60) as battle:
        assert await soak.one_round(battle, "R", away, purchases=1500, rate=300) == []

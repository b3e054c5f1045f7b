"""Wait for a fact, never for a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


PATIENCE_SECONDS = 60.0  # on a busy machine; what must come sooner says so


async def eventually(
    look: Callable[[], Awaitable[T]], wanted: Callable[[T], bool], seconds: float = PATIENCE_SECONDS
) -> T:
    """Look until `wanted`; fails after `seconds` with what was seen last."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        seen = await look()
        if wanted(seen):
            return seen
        assert asyncio.get_running_loop().time() < deadline, f"still {seen!r} after {seconds} s"
        await asyncio.sleep(0.05)

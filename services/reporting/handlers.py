"""The broker's door of the reporting service: every event of the city."""

from __future__ import annotations

from services.reporting.usecases.project import project
from shared.messaging.consumer import Lane


def lanes(shards: int) -> list[Lane]:
    """One ordered lane per shard."""
    return [Lane(f"reporting.events.{shard}", project, ordered=True) for shard in range(shards)]

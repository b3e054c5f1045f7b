"""Readiness tells of progress, not of a connection (messaging.md §5.9)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

STUCK_SECONDS = 30.0


@dataclass
class Progress:
    """What one lane or loop has done lately. Times are monotonic seconds."""

    name: str
    waiting: int = 0
    consuming: bool = False
    moved_at: float = field(default_factory=time.monotonic)

    def moved(self) -> None:
        """Something was settled, or there was nothing to do."""
        self.moved_at = time.monotonic()

    def stuck(self) -> bool:
        """True when there is work, or no connection, and nothing has moved for 30 s."""
        if self.consuming and not self.waiting:
            return False
        return time.monotonic() - self.moved_at > STUCK_SECONDS

"""Readiness tells of progress, not of a connection (messaging.md §5.9)."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field


@dataclass(eq=False)
class Progress:
    """What one lane or loop has done lately: messages in hand, and `queued` ones that only it could take.

    `failures` are a loop's tries in a row that came to nothing; what it was to do waits from the first one on.
    Times are monotonic seconds. What never moved is stuck, so that a service is not ready before it has begun.
    """

    name: str
    waiting: int = 0
    queued: int = 0
    failures: int = 0
    consuming: bool = False
    moved_at: float = -math.inf

    @property
    def has_work(self) -> bool:
        """True when there is something to do."""
        return bool(self.waiting or self.queued or self.failures)

    def moved(self) -> None:
        """Something was settled, or there was nothing to do."""
        self.failures, self.moved_at = 0, time.monotonic()

    def failed(self) -> None:
        """A try came to nothing."""
        if not self.failures:
            self.moved_at = time.monotonic()
        self.failures += 1

    def stuck(self, seconds: float) -> bool:
        """True when there is work, or no connection, and nothing has moved for `seconds`."""
        if self.consuming and not self.has_work:
            return False
        return time.monotonic() - self.moved_at > seconds


@dataclass
class Health:
    """The progress of a service: of its `lanes`, which come and go, and of what else must not stand still.

    A lane that died stays among them, and is stuck, until it is begun anew.
    """

    lanes: list[Progress] = field(default_factory=list)
    others: list[Progress] = field(default_factory=list)

    @property
    def all(self) -> list[Progress]:
        """Lanes first."""
        return [*self.lanes, *self.others]

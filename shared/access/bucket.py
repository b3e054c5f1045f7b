"""Token buckets: how much one principal may do in a minute. Held in memory, by each process for itself."""

from __future__ import annotations

from dataclasses import dataclass


class Bucket:
    """Holds at most a minute's worth, and fills evenly. `now` is in monotonic seconds."""

    def __init__(self, per_minute: int, now: float) -> None:
        self._most = float(per_minute)
        self._left = self._most
        self._seen = now

    def take(self, count: int, now: float) -> float:
        """Take `count` and return 0, or take nothing and return the seconds until it is worth asking again.

        More than it ever holds is given when it is full, and owed afterwards: nothing is too large for ever.
        """
        self._fill(now)
        missing = min(count, self._most) - self._left
        if missing > 0:
            return missing * 60 / self._most
        self._left -= count
        return 0.0

    def spend(self, count: int, now: float) -> float:
        """Take `count` whatever is left; returns the seconds until nothing is owed."""
        self._fill(now)
        self._left -= count
        return max(0.0, -self._left * 60 / self._most)

    def _fill(self, now: float) -> None:
        self._left = min(self._most, self._left + (now - self._seen) * self._most / 60)
        self._seen = now


@dataclass(frozen=True)
class Limits:
    """The buckets of one principal: of its HTTP requests, and of purchases and pledges through every door."""

    requests: Bucket
    purchases: Bucket

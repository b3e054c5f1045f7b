"""The breaker: after five failed batches in a row a lane lets go of its messages and probes (messaging.md §5.6)."""

from __future__ import annotations

FAILURES = 5
SMALL = 10  # messages in the first batch after an outage


class Breaker:
    """Counts failures in a row; while `open`, nothing is consumed. `size` grows again after an outage."""

    def __init__(self, full: int) -> None:
        self._full = full
        self._failures = 0
        self.size = full

    @property
    def open(self) -> bool:
        return self._failures >= FAILURES

    def failed(self) -> None:
        self._failures += 1

    def succeeded(self) -> None:
        self._failures = 0
        self.size = min(self.size * 2, self._full)

    def reset(self) -> None:
        """The probe answered: begin again, small."""
        self._failures = 0
        self.size = min(SMALL, self._full)

"""Every metric, declared once with its meaning and unit."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

EVENTS_PUBLISHED = Counter("peduli_events_published", "Events confirmed by the broker", ["service"])
EVENTS_APPLIED = Counter("peduli_events_applied", "Messages whose effect was committed", ["queue"])
EVENTS_REPEATED = Counter("peduli_events_repeated", "Messages ignored because they were applied before", ["queue"])
EVENTS_PARKED = Counter("peduli_events_parked", "Messages set aside for a retry or a person", ["queue", "reason"])
BATCH_SECONDS = Histogram("peduli_batch_seconds", "Seconds from a full batch to its commit", ["queue"])
LANE_OPEN = Gauge("peduli_lane_open", "1 while a lane consumes, 0 while it waits", ["queue"])
LIMITED = Counter("peduli_limited", "Times that a principal met its limit", ["tenant", "principal", "limit"])

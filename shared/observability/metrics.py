"""Every metric, declared once with its meaning and unit."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

EVENTS_PUBLISHED = Counter("peduli_events_published", "Events confirmed by the broker", ["service"])
EVENTS_APPLIED = Counter("peduli_events_applied", "Messages whose effect was committed", ["queue"])
EVENTS_REPEATED = Counter("peduli_events_repeated", "Messages ignored because they were applied before", ["queue"])
EVENTS_REDELIVERED = Counter("peduli_events_redelivered", "Messages that the broker delivered once more", ["queue"])
EVENTS_PARKED = Counter("peduli_events_parked", "Messages set aside for a retry or a person", ["queue", "reason"])
EVENTS_UNPUBLISHED = Gauge("peduli_events_unpublished", "Events that the broker has not confirmed yet", ["service"])
EVENTS_OLDEST_SECONDS = Gauge(
    "peduli_events_oldest_unpublished_seconds",
    "Age of the oldest event that the relay can tell, 0 for none",
    ["service"],
)
EVENTS_QUARANTINED = Gauge("peduli_events_quarantined", "Events that the broker refused by themselves", ["service"])
MESSAGES_PARKED = Gauge(
    "peduli_messages_parked", "Messages that are set aside now, by queue and kind of reason", ["queue", "kind"]
)
QUEUE_READY = Gauge("peduli_queue_ready", "Messages in a lane's queue that no consumer has in hand", ["queue"])
BATCH_SECONDS = Histogram("peduli_batch_seconds", "Seconds from a full batch to its commit", ["queue"])
LANE_OPEN = Gauge("peduli_lane_open", "1 while a lane consumes, 0 while it waits", ["queue"])
LOOP_FAILURES = Gauge("peduli_loop_failures", "Tries in a row of a loop that came to nothing", ["loop"])
WEBHOOK_GIVEN_UP = Gauge(
    "peduli_webhook_given_up",
    "Messages that a city's gateway did not take and nobody tries any more",
    ["tenant", "webhook"],
)
GUESSES_REFUSED = Counter(
    "peduli_guesses_refused", "Requests for a household's page from a network address with too many unknown codes"
)
LIMITED = Counter("peduli_limited", "Times that a principal met its limit", ["tenant", "principal", "limit"])

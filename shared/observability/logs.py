"""JSON logs: one line per event, no local variables, no personal data."""

from __future__ import annotations

import logging
import sys

import orjson
import structlog


def configure(service: str) -> None:
    """Log JSON to standard error, each line with `service`, a UTC `timestamp` and a `level`."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)  # a local may hold a NIP
            ),
            structlog.processors.JSONRenderer(serializer=orjson.dumps, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(file=sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.getLogger("aiormq").setLevel(
        logging.CRITICAL
    )  # it tells of each lost connection with a traceback; we do it in a line


def silence() -> None:
    """Log nothing: a command at the terminal gives its answer itself."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))

"""Rows of webhooks, and of what they are still to be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.distribution.domain.notice import Step
from shared.database.pool import Transaction
from shared.database.queries import load_queries

queries = load_queries(__file__)


@dataclass(frozen=True)
class Notice:
    """A step of a packet, with the body that webhooks are told."""

    event_id: UUID
    step: Step
    body: bytes


async def append(tx: Transaction, tenant: str, notices: Sequence[Notice], now: datetime) -> None:
    """Let each webhook of the city that wants these steps be told, in the transaction of the events."""
    if notices:
        await queries.append_messages(
            tx,
            tenant=tenant,
            now=now,
            event_ids=[notice.event_id for notice in notices],
            steps=[notice.step for notice in notices],
            bodies=[notice.body for notice in notices],
        )

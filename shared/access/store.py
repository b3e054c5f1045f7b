"""Principals in a service's own schema, and the directory of them that a running service keeps in memory."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Any

from shared.access.bucket import Bucket, Limits
from shared.access.model import Principal, Scope
from shared.access.tokens import hash_of
from shared.database.pool import Pool, Row
from shared.database.queries import load_queries

queries = load_queries(__file__)


def principal_of(row: Row | dict[str, Any]) -> Principal:
    """A row as a value."""
    return Principal(
        tenant=row["tenant"],
        name=row["name"],
        role=row["role"],
        scope=Scope(tuple(row["sources"]), tuple(row["units"])),
        requests_per_minute=row["requests_per_minute"],
        purchases_per_minute=row["purchases_per_minute"],
        generation=row["generation"],
        has_queue=row["has_queue"],
    )


class Directory:
    """Who may speak at this service's doors. Finding somebody costs nothing; `refresh` brings what was changed."""

    def __init__(self) -> None:
        self._principals: dict[tuple[str, str], Principal] = {}
        self._tokens: dict[bytes, tuple[Principal, datetime | None]] = {}
        self._limits: dict[tuple[str, str], tuple[tuple[int, int], Limits]] = {}
        self._looking = asyncio.Lock()
        self._looks = 0

    async def refresh(self, pool: Pool) -> bool:
        """Read them all anew. One look at a time, shared by all who ask during it: wrong tokens cannot flood us."""
        wanted = self._looks + (2 if self._looking.locked() else 1)  # a look that began before us may miss it
        async with self._looking:
            if self._looks < wanted:
                rows = await queries.list_active(pool)
                self._keep(rows)
                self._looks += 1
        return False

    def _keep(self, rows: list[Row]) -> None:
        self._principals = {}
        self._tokens = {}
        for row in rows:
            principal = principal_of(row)
            self._principals[principal.key] = principal
            if row["revoked_at"] is None:
                self._tokens[row["token_hash"]] = (principal, None)
                if row["previous_token_hash"] is not None:
                    self._tokens[row["previous_token_hash"]] = (principal, row["previous_until"])

    def find(self, token: str, now: datetime) -> Principal | None:
        """Whose token this is; None when it is nobody's, or no longer."""
        principal, until = self._tokens.get(hash_of(token), (None, None))
        return None if until is not None and until <= now else principal

    def named(self, tenant: str, name: str) -> Principal | None:
        """The principal of this name, also when only its queue is still read."""
        return self._principals.get((tenant, name))

    def with_queue(self) -> list[Principal]:
        """Those whose queue is to be read."""
        return [principal for principal in self._principals.values() if principal.has_queue]

    def limits_of(self, principal: Principal) -> Limits:
        """Its buckets in this process; full ones when its limits were changed."""
        rates = principal.requests_per_minute, principal.purchases_per_minute
        kept = self._limits.get(principal.key)
        if kept is None or kept[0] != rates:
            now = time.monotonic()
            kept = rates, Limits(*(Bucket(rate, now) for rate in rates))
            self._limits[principal.key] = kept
        return kept[1]

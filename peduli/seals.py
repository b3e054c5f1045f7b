"""`peduli audit verify`: the logs held against their seals, and these against digests that were written down."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from shared.database.pool import connect
from shared.errors import PeduliError
from shared.messaging import seals

OWNERS = ("purchases", "distribution")  # services that tell events; their schemas have the same names
VERIFY_SECONDS = 3600.0  # for one statement: a block takes milliseconds, but the events behind the last are counted
_WORD = re.compile(rf"({'|'.join(OWNERS)})/(\d{{1,9}})/((?:[0-9a-f]{{4}}-?){{{seals.DIGITS // 4}}})")


async def verify(
    url: str, owners: Sequence[str], expect: Sequence[str], *, on_progress: Callable[[str, int, int], None]
) -> list[dict[str, Any]]:
    """What the log of each service was found to be, as `seals.Verified`; `url` must be allowed to read it.

    `expect` are digests as they stand in `digest` of what this returned earlier. Raises `PeduliError`.
    """
    expected: dict[str, list[seals.Digest]] = {owner: [] for owner in owners}
    for word in expect:
        match = _WORD.fullmatch(word.lower())
        if match is None or match[1] not in expected:
            raise PeduliError(
                f"{word} is no digest of {' or '.join(owners)}", hint="as in purchases/12/5f3a-9c01-77de-20ab-4410"
            )
        expected[match[1]].append(seals.Digest(int(match[2]), match[3].replace("-", "")))
    return [await _verify(url, owner, expected[owner], on_progress) for owner in owners]


async def _verify(
    url: str, owner: str, expected: Sequence[seals.Digest], on_progress: Callable[[str, int, int], None]
) -> dict[str, Any]:
    connection = await connect(url, owner, statement_seconds=VERIFY_SECONDS)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            if not await connection.fetchval("select has_table_privilege(to_regclass('seals'), 'select')"):
                raise PeduliError(
                    f"this database login may read no seals of {owner}",
                    hint=f"use the URL of the reporting service, or that of {owner} with --service {owner}",
                )
            found = await seals.verify(
                connection, expected, on_progress=lambda done, total: on_progress(owner, done, total)
            )
    finally:
        await connection.close()
    return {"service": owner, **asdict(found), "digest": found.digest and f"{owner}/{found.digest}"}

"""Webhooks of a city: an operator attaches its gateway, which is told of each step. Without one nothing is sent."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from services.distribution.domain.notice import SECRET_PREFIX, Step
from services.distribution.store.webhooks import queries
from shared.database.pool import Row, Transaction
from shared.errors import PeduliError
from shared.privacy import seal, unseal

_SECRET_BYTES = 32


class InvalidUrlError(PeduliError):
    """A webhook's address is http:// or https:// with a host, and without a password in it."""


class UnknownWebhookError(PeduliError):
    """No webhook has this name."""


async def add(
    tx: Transaction, tenant: str, name: str, url: str, steps: Sequence[Step], *, seal_key: bytes, now: datetime
) -> str:
    """Attach a webhook, or change it; returns its new secret, which is shown once. Raises `InvalidUrlError`."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise InvalidUrlError
    secret = secrets.token_bytes(_SECRET_BYTES)
    sealed = seal(seal_key, secret, bound_to=_owner(tenant, name))
    await queries.save_webhook(tx, tenant=tenant, webhook=name, url=url, secret=sealed, steps=list(steps), now=now)
    return SECRET_PREFIX + base64.b64encode(secret).decode()


async def remove(tx: Transaction, tenant: str, name: str) -> None:
    """Tell a webhook nothing any more. Raises `UnknownWebhookError`."""
    if await queries.delete_webhook(tx, tenant=tenant, webhook=name) is None:
        raise UnknownWebhookError(hint="`peduli webhook list` names them")


async def retry(tx: Transaction, tenant: str, name: str, *, now: datetime) -> int:
    """Try what was given up anew; returns how many messages that are."""
    return len(await queries.save_retried(tx, tenant=tenant, webhook=name, now=now))


async def discard(tx: Transaction, tenant: str, name: str) -> int:
    """Forget what was given up: by now a household knows better; returns how many messages that were."""
    return len(await queries.delete_given_up(tx, tenant=tenant, webhook=name))


def secret_of(row: Row, seal_key: bytes) -> bytes:
    """The key of a webhook's signatures."""
    return unseal(seal_key, row["secret"], bound_to=_owner(row["tenant"], row["webhook"]))


def _owner(tenant: str, name: str) -> str:
    return f"webhook/{tenant}/{name}"

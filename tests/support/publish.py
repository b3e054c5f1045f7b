"""A publisher that knows only the contract, and a look into a queue: plain aio-pika."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import aio_pika
import aio_pika.abc
import orjson

from shared.clock import now
from shared.reference.model import Reference

SOURCE = "/pos/koperasi-depok"
Json = dict[str, Any]


def purchase(reference: str = "KOP-1", **changes: Any) -> dict[str, Any]:
    """A valid purchase, with `changes`."""
    return {
        "reference": reference,
        "purchased_at": "2021-07-22T10:05:00+07:00",
        "unit_code": "32.76.DKUM",
        "buyer": {"nip": "198001012005011001"},
        "seller_code": "KOP-BEJI-01",
        "channel": "koperasi_depok",
        "lines": [{"sku": "BERAS-5KG", "quantity": 2, "unit_price_idr": 65000}],
        "total_idr": 130000,
        "pickup": {"kelurahan": "32.76.06.1001"},
        "posts": [{"url": "https://example.org/p/1", "hashtags": ["ASNDepokPeduli", "BeliProdukUMKMDepok"]}],
        **changes,
    }


def purchase_in(city: Reference, reference: str = "KOP-1", seller_code: str = "KOP-GURU-01", **more: Any) -> Json:
    """A valid purchase of two bags of rice in any city, an hour ago, with its hashtags; `more` changes it."""
    return purchase(
        reference,
        **{
            "purchased_at": (now() - timedelta(hours=1)).isoformat(),
            "unit_code": min(city.units),
            "seller_code": seller_code,
            "channel": city.sellers[seller_code].channel,
            "pickup": {"kelurahan": city.kelurahan[0]},
            "posts": [{"url": "https://example.org/p/1", "hashtags": sorted(city.programmes["isoman"].hashtags)}],
            **more,
        },
    )


def message(body: dict[str, Any] | bytes, kind: str = "purchase.submitted", **headers: Any) -> aio_pika.Message:
    """A CloudEvent in binary mode; a header given as None is left out."""
    event_id = str(headers.get("ce_id") or uuid.uuid5(uuid.NAMESPACE_URL, repr((kind, body))))
    attributes: dict[str, Any] = {
        "ce-specversion": "1.0",
        "ce-id": event_id,
        "ce-type": f"id.go.depok.peduli.{kind}.v1",
        "ce-source": SOURCE,
        **{name.replace("_", "-") if name.startswith("ce_") else name: value for name, value in headers.items()},
    }
    return aio_pika.Message(
        body if isinstance(body, bytes) else orjson.dumps(body),
        headers={name: value for name, value in attributes.items() if value is not None},
        content_type="application/json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=event_id,
    )


async def publish(amqp_url: str, messages: Sequence[tuple[aio_pika.Message, str]]) -> None:
    """Publish (message, routing key) pairs with confirms."""
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange("peduli.intake", ensure=False)
        for item, key in messages:
            await exchange.publish(item, key)


async def taken(
    amqp_url: str, queue: str, *, settle: bool, most: int = 10**6
) -> list[aio_pika.abc.AbstractIncomingMessage]:
    """What is in `queue`, or its first `most`; not settled, it goes back when the connection closes."""
    found: list[aio_pika.abc.AbstractIncomingMessage] = []
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        waiting = await (await connection.channel()).get_queue(queue)
        with contextlib.suppress(TimeoutError):
            async with waiting.iterator(timeout=1, no_ack=settle) as messages:
                async for item in messages:
                    found.append(item)
                    if len(found) >= most:
                        break
    return found

"""Publish events of any kind to Peduli over AMQP with asyncio and aio-pika. Knows the contract, and nothing of us.

    python publish_events.py amqp://user:password@host:5672/ events.jsonl [the name of your login]

Each line of the file: {"kind": "purchase.submitted", "id": "...", "source": "/pos/...", "body": {...}}. Sending a file
again is harmless. Ends with 1 when the broker did not confirm everything.
"""

import asyncio
import json
import sys
from pathlib import Path

import aio_pika

TENANT = "3276"


async def main(url: str, lines: list[str], name: str = "") -> None:
    end = f".{name}" if name else ""
    connection = await aio_pika.connect(url)
    async with connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.get_exchange("peduli.intake", ensure=False)
        for line in lines:
            event = json.loads(line)
            message = aio_pika.Message(
                json.dumps(event["body"]).encode(),
                content_type="application/json",
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                message_id=event["id"],
                headers={
                    "ce-specversion": "1.0",
                    "ce-id": event["id"],
                    "ce-type": f"id.go.depok.peduli.{event['kind']}.v1",
                    "ce-source": event["source"],
                },
            )
            await exchange.publish(message, f"{TENANT}.{event['kind']}.v1{end}", mandatory=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8").splitlines(), *sys.argv[3:4]))

"""Publish receipts, one JSON object a line, over AMQP, and print what became of each: python publish.py receipts.jsonl

Needs pika. Ends with 0 when all are accepted, 1 when some must be mended, 75 when it must run again later.
"""

import json
import os
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, NackError, UnroutableError

SOURCE = os.environ.get("PEDULI_SOURCE", "/pos/koperasi-depok")
EXCHANGE = "peduli.intake"
TYPE = "purchase.submitted.v1"
KEY = os.environ.get("PEDULI_KEY", f"3276.{TYPE}")
WAIT_SECONDS = 10


def publish(channel: BlockingChannel, receipt: dict[str, Any]) -> str:
    """Returns when the broker has confirmed that the message is on disk; raises when it has not."""
    event_id = str(uuid.uuid4())
    headers = {
        "ce-specversion": "1.0",
        "ce-id": event_id,
        "ce-type": f"id.go.depok.peduli.{TYPE}",
        "ce-source": SOURCE,
    }
    properties = pika.BasicProperties(
        content_type="application/json", delivery_mode=2, message_id=event_id, headers=headers
    )
    channel.basic_publish(EXCHANGE, KEY, json.dumps(receipt).encode(), properties, mandatory=True)
    return event_id


def ask(event_id: str) -> dict[str, Any]:
    """What became of the event; waits until a service has looked at it."""
    url = f"{os.environ['PEDULI_URL']}/v1/submissions?{urlencode({'source': SOURCE, 'event_id': event_id})}"
    token = os.environ.get("PEDULI_TOKEN")
    request = Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    for _ in range(WAIT_SECONDS * 5):
        try:
            with urlopen(request, timeout=10) as answer:
                return dict(json.load(answer)[0])
        except HTTPError as error:
            if error.code == 403 and (reasons := json.load(error).get("reasons")):
                return {"outcome": "rejected", "reasons": reasons}  # not yours to tell, and so not to ask about
            if error.code not in (404, 429, 503):
                raise
        except URLError:
            pass  # away for a moment
        time.sleep(0.2)
    return {"outcome": "confirmed, no answer yet", "reasons": []}


def main(path: str) -> int:
    worst = 0
    parameters = pika.URLParameters(os.environ["PEDULI_AMQP_URL"])
    parameters.blocked_connection_timeout = 30  # seconds that a broker short of memory may make us wait
    try:
        channel = pika.BlockingConnection(parameters).channel()
        channel.confirm_delivery()
        sent = []
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            receipt = json.loads(line)
            try:
                sent.append((receipt["reference"], publish(channel, receipt)))
            except UnroutableError:
                print(receipt["reference"], "unroutable")
                worst = 1
    except (AMQPError, NackError, OSError) as error:
        print(f"Broker tidak menerima ({error!r}); jalankan lagi nanti.", file=sys.stderr)
        return 75
    for reference, event_id in sent:
        answer = ask(event_id)
        print(reference, answer["outcome"])
        for reason in answer["reasons"]:
            print(" ", reason["path"], reason["code"], reason["message"])
        worst = max(worst, {"rejected": 1, "confirmed, no answer yet": 75}.get(answer["outcome"], 0))
    return worst


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))

"""What a household is told at each step of its packet, and how a city's gateway is told of it: signed, again and again.

Nothing here names anybody: a gateway knows the household by its opaque id.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal, get_args

import orjson

from shared.contracts.event import Event
from shared.contracts.tasks import TaskAccepted, TaskAssigned, TaskDelivered, TaskEvent, TaskFailed

Step = Literal["planned", "on_the_way", "delivered", "failed"]
STEPS: tuple[Step, ...] = get_args(Step)
_GREETING = "Assalamualaikum / salam sehat, kami relawan Peduli. "
TEXTS: Mapping[Step, str] = {
    "planned": _GREETING + "Paket untuk Anda sedang disiapkan. Halaman Anda memberi tahu kapan paket itu dibawa.",
    "on_the_way": _GREETING
    + "Paket untuk Anda sedang kami antar dan akan diletakkan di depan pintu. Mohon tetap di dalam, lalu sebutkan kode "
    "4 angka dari halaman Anda. Terima kasih.",
    "delivered": _GREETING
    + "Paket untuk Anda sudah ada di depan pintu. Silakan diambil sesudah relawan pergi. Bila ada yang kurang, "
    "laporkan di halaman Anda.",
    "failed": _GREETING
    + "Paket untuk Anda belum dapat kami serahkan. Halaman Anda memberi tahu kapan kami datang lagi.",
}
SECRET_PREFIX = "whsec_"  # noqa: S105 - of Standard Webhooks: lets a scanner of leaked secrets know what it is
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
TRIES = 10  # 21 hours: what a household was to hear is stale then


def step_of(event: Event) -> Step | None:
    """Which step an event is; None when there is nothing to tell. A packet is planned once, whoever is asked later."""
    if isinstance(event, TaskAssigned):
        return "planned" if event.attempt == 1 else None
    steps: Mapping[type[Event], Step] = {
        TaskAccepted: "on_the_way",
        TaskDelivered: "delivered",
        TaskFailed: "failed",
    }
    return steps.get(type(event))


def body_of(event: TaskEvent, step: Step) -> bytes:
    """What a webhook is told, as Standard Webhooks has it: type, timestamp, data."""
    data = {
        "household_id": str(event.household_id),
        "task_id": str(event.task_id),
        "kelurahan": event.kelurahan,
        "text": TEXTS[step],
    }
    return orjson.dumps({"type": f"packet.{step}", "timestamp": event.at, "data": data})


def signature(secret: bytes, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of Standard Webhooks 1.0 that prove who sends `body`, and when."""
    seconds = str(int(at.timestamp()))
    signed = hmac.digest(secret, f"{message_id}.{seconds}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def next_try(tries: int, now: datetime) -> datetime | None:
    """When to try again after so many tries: later each time; None when it is given up."""
    return None if tries >= TRIES else now + min(LONGEST_WAIT, FIRST_WAIT * 3 ** (tries - 1))

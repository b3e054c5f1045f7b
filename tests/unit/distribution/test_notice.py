"""What a household is told at each step, and how a gateway knows who says it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import orjson
import pytest

from services.distribution.domain.notice import (
    LONGEST_WAIT,
    STEPS,
    TEXTS,
    TRIES,
    body_of,
    next_try,
    signature,
    step_of,
)
from shared.contracts.tasks import TaskAssigned, TaskDelivered, TaskReturned

NOW = datetime(2021, 7, 22, 3, tzinfo=UTC)
TASK = {
    "task_id": UUID(int=1),
    "packet_id": UUID(int=2),
    "household_id": UUID(int=3),
    "kelurahan": "32.76.06.1001",
    "team": "tim-beji",
    "at": NOW,
    "lines": (),
}


def assigned(attempt: int) -> TaskAssigned:
    return TaskAssigned(**TASK, rw=3, deliver_before=NOW, attempt=attempt, why=())


def test_a_packet_is_planned_once_and_what_concerns_no_household_is_not_told() -> None:
    assert step_of(assigned(1)) == "planned"
    assert step_of(assigned(2)) is None
    assert step_of(TaskDelivered(**TASK, proof_kind="photo")) == "delivered"
    assert step_of(TaskReturned(**TASK, reason="returned")) is None


def test_the_body_has_a_text_and_nothing_that_names_anybody() -> None:
    body = orjson.loads(body_of(assigned(1), "planned"))
    assert body["type"] == "packet.planned"
    assert body["data"] == {
        "household_id": str(UUID(int=3)),
        "task_id": str(UUID(int=1)),
        "kelurahan": "32.76.06.1001",
        "text": TEXTS["planned"],
    }


@pytest.mark.parametrize("step", STEPS)
def test_no_text_tells_a_neighbour_that_somebody_is_ill(step: str) -> None:
    assert not any(word in TEXTS[step].lower() for word in ("isoman", "isolasi", "covid", "sakit", "pulih", "positif"))  # type: ignore[index]


def test_the_signature_is_that_of_standard_webhooks() -> None:
    # the vector that the project's own libraries are tested with
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_try_comes_later_until_it_is_given_up() -> None:
    waits = [(next_try(tries, NOW) or NOW) - NOW for tries in range(1, TRIES)]
    assert waits[0] == timedelta(seconds=30)
    assert all(one <= two <= LONGEST_WAIT for one, two in pairwise(waits))
    assert sum(waits, timedelta()) < timedelta(days=1)
    assert next_try(TRIES, NOW) is None

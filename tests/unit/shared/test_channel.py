"""The short way through aiormq puts the same bytes on the wire as the general one, and hears the same of them."""

from __future__ import annotations

import asyncio
import random

import pytest
from aiormq.exceptions import DeliveryError
from hypothesis import given
from hypothesis import strategies as st
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from shared.messaging.channel import Message, Window, content_header
from tests.support.texts import texts

NAMES = texts(max_size=30)


@given(st.dictionaries(NAMES, texts(max_size=400), min_size=1), texts(min_size=1, max_size=30), st.binary(max_size=9))
def test_a_header_is_the_bytes_of_any_header(headers: dict[str, str], message_id: str, body: bytes) -> None:
    quick = content_header(Message("a.key", message_id, headers, body))
    properties = Basic.Properties(
        content_type="application/json", delivery_mode=2, message_id=message_id, headers=dict(sorted(headers.items()))
    )
    in_general = ContentHeader(properties=properties, body_size=len(body)).marshal()
    read, expected = ContentHeader(), ContentHeader()
    for header, wire in ((read, quick), (expected, in_general)):
        header.unmarshal(wire)
    assert read.body_size == expected.body_size == len(body)
    assert dict(read.properties) == dict(expected.properties)
    assert read.properties.headers == headers


def window(count: int = 5, first: int = 8) -> Window:
    return Window(first, count, asyncio.get_running_loop().create_future())


async def test_a_window_is_settled_when_the_broker_told_of_each_in_any_order_alone_or_together() -> None:
    for seed in range(50):
        draw, told = random.Random(seed), window(count=20)
        alone = draw.sample(range(8, 28), draw.randrange(20))
        for tag in alone:
            told.settle(Basic.Ack(tag))
        assert told.confirmed == next(number for number in range(21) if 8 + number not in alone)
        assert not told.settled.done()
        for tag in sorted({*draw.sample(range(8, 28), 3), 27}):
            told.settle(Basic.Ack(tag, multiple=True))
        assert told.confirmed == 20
        await told.settled


async def test_what_is_refused_ends_what_is_confirmed() -> None:
    told = window()
    told.settle(Basic.Ack(9, multiple=True))
    told.settle(Basic.Nack(10))
    told.settle(Basic.Ack(12))
    assert told.confirmed == 2
    assert not told.settled.done()
    told.settle(Basic.Nack(11, multiple=True))
    with pytest.raises(DeliveryError):
        await told.settled
    assert told.confirmed == 2


async def test_a_word_that_comes_when_nobody_waits_any_more_changes_nothing() -> None:
    told = window(count=1)
    told.settled.cancel()
    told.settle(Basic.Ack(8))
    assert told.confirmed == 1

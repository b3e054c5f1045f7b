"""Frames and tables are read as the libraries read them, whatever the pieces in which they come."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pamqp.decode
import pamqp.encode
import pamqp.frame
import pytest
from aiormq.exceptions import AMQPConnectionError
from hypothesis import given
from hypothesis import strategies as st
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.frame import FrameTypes
from pamqp.header import ContentHeader

from shared.messaging.wire import Frames, _table
from tests.support.texts import texts

headers = st.dictionaries(texts(max_size=20), texts(max_size=50), max_size=5)
numbers = st.integers(0, 9) | st.integers(-(2**63), 2**63 - 1)
tables: st.SearchStrategy[Any] = headers | st.dictionaries(
    texts(max_size=20), texts(max_size=9) | numbers | headers, max_size=5
)
HEADERS: dict[str, str] = {"ce-id": "a", "ce-source": "/pos/koperasi-depok"}
SENT: list[FrameTypes] = [
    Basic.Deliver("tag", 1, False, "peduli.events", "3276.purchase.recorded.v1"),
    ContentHeader(0, 9, Basic.Properties(content_type="application/json", headers=dict(HEADERS))),
    ContentBody(b'{"n": 1}\n'),
    Basic.CancelOk("tag"),
]
STREAM = b"".join(pamqp.frame.marshal(frame, 1) for frame in SENT)


@given(tables.map(lambda table: pamqp.encode.field_table(table)), st.binary(max_size=9), st.integers(0, 40))
def test_a_table_is_read_as_the_library_reads_it(table: bytes, behind: bytes, cut: int) -> None:
    for data in (table + behind, table[:-cut] if cut else table, behind):
        try:
            expected = pamqp.decode.field_table(data)
        except (ValueError, IndexError) as error:
            with pytest.raises(type(error)):
                _table(data)
        else:
            assert _table(data) == expected


def read(pieces: list[bytes]) -> tuple[list[FrameTypes], str]:
    """The frames in a stream that comes in pieces and ends, and how reading ended."""

    async def all_of_it() -> tuple[list[FrameTypes], str]:
        reader = asyncio.StreamReader()
        frames, found = Frames(reader), list[FrameTypes]()

        async def feed() -> None:
            for piece in pieces:
                reader.feed_data(piece)
                await asyncio.sleep(0)
            reader.feed_eof()

        feeding = asyncio.create_task(feed())
        try:
            async for _, _, frame in frames:
                found.append(frame)
        except AMQPConnectionError:
            return found, "amid a frame"
        finally:
            await feeding
        return found, "at its end"

    return asyncio.run(all_of_it())


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_frames_come_whole_from_any_pieces(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    found, end = read([STREAM[a:b] for a, b in pairwise(places)])
    assert [pamqp.frame.marshal(frame, 1) for frame in found] == [pamqp.frame.marshal(frame, 1) for frame in SENT]
    assert end == "at its end"


@given(st.integers(1, len(STREAM) - 1))
def test_a_stream_that_ends_amid_a_frame_is_an_error(cut: int) -> None:
    ends, at = set(), 0
    for frame in SENT:
        at += len(pamqp.frame.marshal(frame, 1))
        ends.add(at)
    assert read([STREAM[:cut]])[1] == ("at its end" if cut in ends else "amid a frame")

"""How AMQP frames are read: forgiving, because a wrong one must not end our connection, and in large pieces.

A timestamp in microseconds, or a name that is no UTF-8, makes pamqp raise; aiormq then closes the connection, the
broker delivers the message again, and a lane is dead for a hundred deliveries. Without its properties it cannot be
read, and is parked as such.

aiormq asks the socket three times a frame, and pamqp copies what is left of a table for each of its fields: together
a fifth of what an event costs a lane.
"""

from __future__ import annotations

import aiormq.connection
import pamqp.decode
import pamqp.frame
from aiormq.connection import FrameReceiver
from aiormq.exceptions import AMQPConnectionError, InvalidFrameError
from pamqp.commands import Basic
from pamqp.common import FieldTable
from pamqp.exceptions import PAMQPException
from pamqp.header import ContentHeader

HEAD = pamqp.constants.FRAME_HEADER_SIZE
PIECE_BYTES = 256 * 1024
LONG_STRING, LONG_LONG = ord("S"), ord("l")
_unmarshal = ContentHeader.unmarshal
_any_table = pamqp.decode.field_table


class Frames(FrameReceiver):
    """aiormq's reader of frames, from pieces as large as they come."""

    _piece: bytes = b""
    _at: int = 0

    async def get_frame(self) -> aiormq.connection.ReceivedFrame:
        """The next frame; raises StopAsyncIteration at the end, AMQPConnectionError when it comes amid a frame."""
        if not self.started:
            return await super().get_frame()  # the first may be a refusal that is no frame
        while (end := self._end()) is None:
            try:
                more = await self.reader.read(PIECE_BYTES)
            except OSError as error:
                raise AMQPConnectionError(f"Server communication error: {error!r}") from error
            rest = self._piece[self._at :]
            if not more:
                if rest:
                    raise AMQPConnectionError(f"Server connection unexpectedly closed amid a frame, {len(rest)} bytes")
                raise StopAsyncIteration
            self._piece, self._at = rest + more, 0
        data, self._at = self._piece[self._at : end], end
        try:
            return pamqp.frame.unmarshal(data)
        except PAMQPException as error:
            raise InvalidFrameError(str(error)) from error

    def _end(self) -> int | None:
        """Where the next frame ends in the piece in hand; None when it is not all there."""
        if len(self._piece) < self._at + HEAD:
            return None
        size = int.from_bytes(self._piece[self._at + HEAD - 4 : self._at + HEAD])
        end = self._at + HEAD + size + 1
        return end if end <= len(self._piece) else None


def forgive() -> None:
    """Make this process read frames so; harmless when called again."""
    pamqp.decode.METHODS["shortstr"] = _short_string
    pamqp.decode.METHODS["table"] = _table
    ContentHeader.unmarshal = _header  # type: ignore[method-assign]
    vars(aiormq.connection)["FrameReceiver"] = Frames  # the name by which a connection makes its reader


def _short_string(value: bytes) -> tuple[int, str]:
    end = value[0] + 1
    return end, value[1:end].decode("utf-8", errors="replace")


def _table(value: bytes) -> tuple[int, FieldTable]:
    """A table of texts, and a broker's stamp in milliseconds, as our headers are; any other is left to pamqp."""
    end, at = 4 + int.from_bytes(value[:4]), 4
    found: FieldTable = {}
    try:
        while at < end:
            named = at + 1 + value[at]
            name, kind = value[at + 1 : named].decode(), value[named]
            if kind == LONG_STRING:
                begins = named + 5
                at = begins + int.from_bytes(value[named + 1 : begins])
                found[name] = value[begins:at].decode()
            elif kind == LONG_LONG:
                at = named + 9
                found[name] = int.from_bytes(value[named + 1 : at], signed=True)
            else:
                return _any_table(value)
    except (IndexError, UnicodeDecodeError):
        return _any_table(value)
    return (end, found) if at == end <= len(value) else _any_table(value)


def _header(self: ContentHeader, data: bytes) -> None:
    try:
        _unmarshal(self, data)
    except Exception:
        self.properties = Basic.Properties()

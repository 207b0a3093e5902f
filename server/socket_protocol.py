"""Sockets as uvicorn speaks them, with two gaps closed: peers that do not read, and one text for very many peers."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState
from websockets.protocol import State

from server.live.frames import FRAME, Encoding
from server.transports import STALLED_SECONDS, bound, give_up

PEN = "waybill.pen"
TRY_AGAIN_LATER = 1013
CLOSING_SECONDS = 2.0
# What waits for a peer here before it counts as slow, and before it is cut.
HIGH_WATER_BYTES, MOST_WAITING_BYTES = 65_536, 262_144


class Pen:
    """Writes prepared frames straight to a socket's transport. Small, for rooms hold thousands of them.

    That is safe: uvicorn leaves nothing of a frame behind between two turns of the loop, and never fragments.
    """

    __slots__ = ("_send", "direct", "write")

    def __init__(self, send: Callable[[bytes], None], careful: Callable[[bytes], bool]) -> None:
        self._send = send
        self.direct: Callable[[bytes], None] | None = None
        # Sends a whole frame, never waiting; false when the socket takes no more, and is being closed.
        self.write = careful

    @property
    def encoding(self) -> Encoding:
        return FRAME

    def settle(self, *, is_clear: bool) -> None:
        """Whether the socket is open, and nothing is backed up."""
        self.direct = self._send if is_clear else None


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's protocol, hardened against peers that do not read, or say goodbye twice."""

    pen: Pen
    _stalled: asyncio.TimerHandle | None = None

    # -- the pen --------------------------------------------------------------------------------------------------
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.pen = Pen(self.transport.write, self._write_carefully)
        self.transport.set_write_buffer_limits(HIGH_WATER_BYTES)
        bound(self.transport)

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if not self.close_sent:  # the application's task starts in a later turn of the loop
            cast("Any", self.scope)["extensions"][PEN] = self.pen

    def _settle(self) -> None:
        """After whatever may have changed the connection's state."""
        self.pen.settle(is_clear=self._stalled is None and not self.disconnected and self.conn.state is State.OPEN)

    def _write_carefully(self, data: bytes) -> bool:
        if self.disconnected or self.close_sent or self.conn.state is not State.OPEN:
            return False
        self.transport.write(data)
        if self._stalled is not None and self.transport.get_write_buffer_size() > MOST_WAITING_BYTES:
            self.cut(TRY_AGAIN_LATER, "Too slow")
            return False
        return True

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._settle()

    async def send(self, message: Any) -> None:
        await self.writable.wait()
        if self.close_sent:
            # From outside the application, which cannot know yet: uvicorn takes that for a fault of its own.
            if message["type"] == "websocket.send":
                raise ClientDisconnected
            if message["type"] == "websocket.close":
                return
        await super().send(message)
        if message["type"] != "websocket.send":
            # A refusal was an answer: uvicorn would log that there was none.
            self.handshake_complete = self.handshake_complete or (self.initial_response is not None and self.close_sent)
            self._settle()

    # -- slow peers -----------------------------------------------------------------------------------------------
    def pause_writing(self) -> None:
        """The peer does not read as fast as we write: it may catch up, for a while."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(STALLED_SECONDS, self._give_up)
        self._settle()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._forgive()
        self._settle()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forgive()
        super().connection_lost(exc)
        self._settle()

    def _forgive(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _give_up(self) -> None:
        give_up(self.transport)

    def cut(self, code: int, reason: str) -> None:
        """Say goodbye from outside the application, which sees a disconnect; the peer has a while to read it."""
        if self.disconnected or self.close_sent or self.conn.state is not State.OPEN:
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(STALLED_SECONDS, self._give_up)
        self._settle()

    # -- endings --------------------------------------------------------------------------------------------------
    def shutdown(self) -> None:
        """Say 1012, and go; also when the peer has said goodbye and does not read ours (uvicorn crashes)."""
        with suppress(InvalidState):
            super().shutdown()
        self.transport.close()
        self.loop.call_later(CLOSING_SECONDS, self.transport.abort)
        self._settle()

    def keepalive_timeout(self) -> None:
        """Nobody answers. uvicorn says 1011, after which graphql-ws never comes back; after 1013 it does."""
        if not self.close_sent and not self.transport.is_closing():
            self.pong_timer = self.pending_ping_payload = None
            self.conn.fail(TRY_AGAIN_LATER, "keepalive ping timeout")
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.queue.put_nowait({"type": "websocket.disconnect", "code": TRY_AGAIN_LATER})
        self.transport.close()
        self.loop.call_later(CLOSING_SECONDS, self.transport.abort)
        self._settle()

"""HTTP as uvicorn speaks it: a response leaves in one packet, and peers that are gone are given up."""

import asyncio
import socket
from contextlib import suppress
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# In a request's scope: the transport of its connection.
TRANSPORT = "waybill.transport"
# What was sent and is not acknowledged for so long never will be: a phone in a tunnel, a laptop that was closed. By
# itself Linux goes on for a quarter of an hour, in which a stream of events would count for somebody who is gone.
GONE_AFTER_SECONDS = 40

_HEAD, _CONTINUE = b"HTTP/1.1 ", b"HTTP/1.1 100"


class JoinedTransport:
    """Holds a head back until the body is written in the same turn of the loop: one system call where uvicorn has two.

    What is no head, and a head that no body follows at once, goes out as ever.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.inner = transport
        self._loop = loop
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send it, after the head that is held back, if any."""
        if self._head:
            head, self._head = self._head, b""
            self.inner.write(head + data)
        elif data.startswith(_HEAD) and not data.startswith(_CONTINUE):
            self._head = data
            self._loop.call_soon(self.flush)
        else:
            self.inner.write(data)

    def flush(self) -> None:
        """Send what is held back."""
        if self._head:
            head, self._head = self._head, b""
            self.inner.write(head)

    def close(self) -> None:
        """Close, when all is sent."""
        self.flush()
        self.inner.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol over a transport that joins heads and bodies; a socket is given the transport itself."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        give_up_in_time(transport)
        joined = JoinedTransport(transport, self.loop)
        super().connection_made(cast("asyncio.Transport", joined))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast("Any", self.scope)["extensions"] = {TRANSPORT: cast("JoinedTransport", self.transport).inner}

    def handle_websocket_upgrade(self) -> None:
        self.transport = cast("JoinedTransport", self.transport).inner
        super().handle_websocket_upgrade()


def give_up_in_time(transport: asyncio.Transport) -> None:
    """Lose the connection when nobody has acknowledged anything for a while, where the system knows how to."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux
    if option is not None:
        with suppress(OSError):  # not a TCP connection
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, option, GONE_AFTER_SECONDS * 1000)

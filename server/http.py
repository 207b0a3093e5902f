"""HTTP as uvicorn speaks it, with a response's head and body in one packet."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# In a request's scope: the transport of its connection.
TRANSPORT = "waybill.transport"
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
        joined = JoinedTransport(transport, self.loop)
        super().connection_made(cast("asyncio.Transport", joined))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast("Any", self.scope)["extensions"] = {TRANSPORT: cast("JoinedTransport", self.transport).inner}

    def handle_websocket_upgrade(self) -> None:
        self.transport = cast("JoinedTransport", self.transport).inner
        super().handle_websocket_upgrade()

"""The limit of Python: no framework, no library, a frame that was made once and is written to every transport.

Frames of one order that come together are written in one piece.
"""

import asyncio
import re
import sys
from collections import defaultdict
from typing import Any, cast

import orjson
import uvloop

from benchmarks.live.bare_server import ID
from benchmarks.live.memory import Shop

# The key of every watcher of these benchmarks, and its answer (RFC 6455, 1.3).
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
UPGRADED = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    f"Sec-WebSocket-Accept: {ACCEPT}\r\n\r\n"
)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """A watcher, or a publisher."""

    def __init__(self, shop: Shop, watchers: dict[str, set[asyncio.Transport]]) -> None:
        self._shop, self._watchers = shop, watchers
        self._data, self._order = b"", ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._watchers[self._order].discard(self._transport)

    def data_received(self, data: bytes) -> None:
        if self._order:
            return  # a watcher has nothing to say
        head, found, body = (self._data + data).partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not found or (length and len(body) < int(length[1])):
            self._data += data
            return
        self._data = b""
        if b"websocket" in head:
            self._order = head.split()[1].decode().removeprefix("/")
            self._watchers[self._order].add(self._transport)
            self._transport.write(UPGRADED.encode())
            return
        if head.startswith(b"POST"):
            self._publish(orjson.loads(body))
        self._transport.write(ANSWER)

    def _publish(self, asked: dict[str, Any]) -> None:
        frames = defaultdict[str, bytes](bytes)
        for order, message in self._shop.events(asked):
            told = orjson.dumps({"id": ID, "type": "next", "payload": {"data": {"orderEvents": message}}})
            frames[order] += b"\x81\x7e" + len(told).to_bytes(2, "big") + told
        for order, joined in frames.items():
            for transport in self._watchers[order]:
                transport.write(joined)


async def serve(port: int, shop: Shop) -> None:
    """Serve until told to stop."""
    watchers: dict[str, set[asyncio.Transport]] = defaultdict(set)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(shop, watchers), "127.0.0.1", port, backlog=2_048)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), Shop.of(sys.argv[2])))

"""Responses that are streams of server-sent events."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from server.draining import Draining
from server.http import TRANSPORT
from server.transports import STALLED_SECONDS, bound, give_up


class _Stalled(Exception):
    """The client does not read."""


class EventStream(Response):
    """Server-sent events, until the stream ends, the client goes, the server stops, or the credentials expire.

    A client that does not read what it is sent is given up after a while.
    """

    def __init__(
        self,
        stream: AsyncIterator[str | bytes],
        draining: Draining,
        expires_at: datetime | None,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(headers=headers)
        del self.headers["content-length"]
        self._stream, self._draining, self._expires_at = stream, draining, expires_at

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: asyncio.Transport | None = scope.get("extensions", {}).get(TRANSPORT)
        if transport is not None:
            bound(transport)
        try:
            await self._stream_to(receive, partial(_sent, send))
        except _Stalled:
            if transport is not None:
                give_up(transport)

    async def _stream_to(self, receive: Receive, send: Callable[[Message], Awaitable[None]]) -> None:
        loop = asyncio.get_running_loop()
        left = (self._expires_at - datetime.now(UTC)).total_seconds() if self._expires_at else None
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        try:
            async with asyncio.timeout(left) as limit:
                # Ending is letting the time run out: the stream is then cancelled wherever it waits, and closed.
                def end() -> None:
                    with suppress(RuntimeError):  # it is ending already: gone, stopped and expired may come together
                        limit.reschedule(loop.time())

                with self._draining.telling(end):
                    listener = asyncio.create_task(_until_gone(receive, end))
                    try:
                        async with aclosing(self._stream) as stream:  # type: ignore[type-var]
                            async for chunk in stream:
                                body = chunk if isinstance(chunk, bytes) else chunk.encode()
                                await send({"type": "http.response.body", "body": body, "more_body": True})
                    finally:
                        listener.cancel()
                        await asyncio.wait({listener})
        except TimeoutError:
            pass
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _sent(send: Send, message: Message) -> None:
    try:
        async with asyncio.timeout(STALLED_SECONDS):
            await send(message)
    except TimeoutError:
        raise _Stalled from None


async def _until_gone(receive: Callable[[], Awaitable[Any]], tell: Callable[[], None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    tell()

"""The answer that lasts: server-sent events, until there is a reason to end them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server.draining import Draining
from server.http import TRANSPORT
from server.listeners import Listener
from server.transports import STALLED_SECONDS, bound, give_up


class _Stalled(Exception):
    """The client does not read what it is sent."""


class EventStream(Response):
    """Server-sent events, until the stream ends, the client goes or does not read, the server stops, or who asked is
    believed no more: the credentials have expired, or were revoked.

    All but the first end it in silence, without `complete`: the client asks again, and is told what is the matter.
    """

    def __init__(
        self,
        stream: AsyncIterator[str | bytes],
        listener: Listener,
        draining: Draining,
        headers: Mapping[str, str],
        *,
        patience_seconds: float = STALLED_SECONDS,
    ) -> None:
        super().__init__(headers=headers)
        del self.headers["content-length"]
        self._stream, self._listener, self._draining = stream, listener, draining
        self._patience = patience_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: asyncio.Transport | None = scope.get("extensions", {}).get(TRANSPORT)
        if transport is not None:
            bound(transport)
        try:
            try:
                await self._last(receive, send)
            finally:
                self._listener.close()
            await self._sent(send, b"", more=False)
        except _Stalled:
            if transport is not None:
                give_up(transport)

    async def _last(self, receive: Receive, send: Send) -> None:
        loop, expires_at = asyncio.get_running_loop(), self._listener.identity.expires_at
        left = (expires_at - datetime.now(UTC)).total_seconds() if expires_at else None
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        with suppress(TimeoutError):
            async with asyncio.timeout(left) as limit:
                # Ending is letting the time run out: the stream is then cancelled wherever it waits, and closed.
                def end() -> None:
                    with suppress(RuntimeError):  # it is ending already: gone, stopped and expired may come together
                        limit.reschedule(loop.time())

                self._listener.tell_revoked = end
                with self._draining.telling(end):
                    leaving = asyncio.create_task(_until_gone(receive, end))
                    try:
                        await self._send_all(send)
                    finally:
                        leaving.cancel()
                        await asyncio.wait({leaving})

    async def _send_all(self, send: Send) -> None:
        async with aclosing(self._stream) as stream:  # type: ignore[type-var]
            async for chunk in stream:
                await self._sent(send, chunk if isinstance(chunk, bytes) else chunk.encode(), more=True)

    async def _sent(self, send: Send, body: bytes, *, more: bool) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await send({"type": "http.response.body", "body": body, "more_body": more})
        except TimeoutError:
            raise _Stalled from None


async def _until_gone(receive: Callable[[], Awaitable[Any]], tell: Callable[[], None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    tell()

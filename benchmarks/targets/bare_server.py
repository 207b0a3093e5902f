"""The bare ASGI server: a path, a prepared statement, and the database's own bytes as the answer."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uvicorn

from benchmarks.targets.bare_scans import record
from benchmarks.targets.bare_writes import Writes, place

SESSIONS = 8
STATEMENTS = Path(__file__).parent / "statements"
# As performance asks: nothing is planned twice, and nothing can be written by accident.
READ_ONLY = {"plan_cache_mode": "force_generic_plan", "default_transaction_read_only": "on", "jit": "off"}

Variables = dict[str, Any]


class Reads:
    """Sessions with every statement prepared; the one that was used last is used next."""

    def __init__(self) -> None:
        self._connections: list[asyncpg.Connection] = []
        self._idle: asyncio.LifoQueue[dict[str, Any]] = asyncio.LifoQueue()

    async def open(self, url: str, sessions: int = SESSIONS) -> None:
        """Connect, and prepare."""
        for _ in range(sessions):
            connection = await asyncpg.connect(url, statement_cache_size=0, server_settings=READ_ONLY, timeout=10)
            self._connections.append(connection)
            names = ("page", "deep", "order")
            self._idle.put_nowait({name: await connection.prepare(statement(name)) for name in names})

    async def close(self) -> None:
        """End every session."""
        for connection in self._connections:
            await connection.close(timeout=10)

    async def answer(self, name: str, *parameters: Any) -> bytes:
        """The bytes that the statement gives."""
        session = await self._idle.get()
        try:
            text: str = await session[name].fetchval(*parameters, timeout=10)
            return text.encode()
        finally:
            self._idle.put_nowait(session)


def statement(name: str) -> str:
    """The hand-written SQL of that name."""
    return (STATEMENTS / f"{name}.sql").read_text(encoding="utf-8")


def after(cursor: str) -> tuple[datetime, UUID]:
    """The place behind which a page begins."""
    _, key, at = bytes.fromhex(cursor).decode().split("|", 2)
    return datetime.fromisoformat(at), UUID(hex=key)


def answering(reads: Reads, writes: Writes) -> dict[str, Callable[[Variables], Awaitable[bytes]]]:
    """What answers at which path."""

    async def page(variables: Variables) -> bytes:
        cursor = variables.get("after")
        return await (reads.answer("deep", *after(cursor)) if cursor else reads.answer("page"))

    async def order(variables: Variables) -> bytes:
        return await reads.answer("order", UUID(hex=variables["id"].removeprefix("order_")))

    async def place_order(variables: Variables) -> bytes:
        return await writes.do(place, variables["input"])

    async def scan(variables: Variables) -> bytes:
        return await writes.do(record, variables["input"])

    return {"/page": page, "/order": order, "/place": place_order, "/scan": scan}


class Application:
    """The ASGI application: no framework at all."""

    def __init__(self, url: str) -> None:
        self._url, self._reads, self._writes = url, Reads(), Writes()
        self._paths = answering(self._reads, self._writes)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        answers = self._paths.get(scope["path"])
        if answers is None:
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body", False)
        answer = await answers(orjson.loads(body)["variables"])
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        await self._reads.open(self._url)
        await self._writes.open(self._url)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._reads.close()
        await self._writes.close()
        await send({"type": "lifespan.shutdown.complete"})


def main() -> None:
    """Serve at the port and from the database that are named."""
    port, url = sys.argv[1:]
    uvicorn.run(
        Application(url),
        host="127.0.0.1",
        port=int(port),
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
    )


if __name__ == "__main__":
    main()

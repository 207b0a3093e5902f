"""The bare websocket: plain ASGI under uvicorn, which sends everybody a text that was made once."""

import sys
from collections import defaultdict
from typing import Any

import orjson

from benchmarks.live.memory import Shop
from benchmarks.live.peer import serve

# As long as the ids that client libraries make.
ID = "00000000-0000-4000-8000-000000000000"


class Application:
    """Whoever opens a socket at `/order_…` watches that order."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._watchers: dict[str, set[Any]] = defaultdict(set)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, or keep a socket."""
        if scope["type"] == "websocket":
            await self._watch(scope["path"].removeprefix("/"), receive, send)
            return
        if scope["method"] == "POST":
            await self._publish(orjson.loads((await receive())["body"]))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def _watch(self, order: str, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        self._watchers[order].add(send)
        try:
            while (await receive())["type"] != "websocket.disconnect":
                pass
        finally:
            self._watchers[order].discard(send)

    async def _publish(self, asked: dict[str, Any]) -> None:
        for order, message in self._shop.events(asked):
            told = {"id": ID, "type": "next", "payload": {"data": {"orderEvents": message}}}
            prepared = {"type": "websocket.send", "text": orjson.dumps(told).decode()}
            for send in tuple(self._watchers[order]):
                await send(prepared)


if __name__ == "__main__":
    serve(Application(Shop.of(sys.argv[2])), int(sys.argv[1]))

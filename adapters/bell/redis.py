"""The bell of Redis: PUBLISH and SUBSCRIBE, on two connections."""

from collections.abc import Callable
from typing import Any, NoReturn

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from adapters.bell.rings import CHANNEL

TIMEOUT_SECONDS = 5.0
ASKED_EVERY_SECONDS = 10.0


class RedisWire:
    """To the Redis server at `url` and back.

    Channels know nothing of the databases of one server (`redis://host/3`), so the number is part of the name.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._publishing = _client(url, attempts=2)
        number = self._publishing.connection_pool.connection_kwargs.get("db", 0)
        self._channel = f"{CHANNEL}_{number}"

    async def listen(self, begun: Callable[[], None], heard: Callable[[str], None]) -> NoReturn:
        """Listen until the connection is lost, or the server does not answer any more. Raises either way."""
        # One attempt: redis-py would otherwise connect and subscribe again by itself, and nobody would know of the gap.
        client = _client(self._url, attempts=1)
        pubsub = client.pubsub()
        try:
            await pubsub.subscribe(self._channel)
            is_asked = False
            while True:
                message: Any = await pubsub.get_message(timeout=TIMEOUT_SECONDS if is_asked else ASKED_EVERY_SECONDS)
                if message is None:
                    if is_asked:
                        raise ConnectionResetError("Redis does not answer any more")
                    # A host that is gone says nothing: ask.
                    await pubsub.ping()
                    is_asked = True
                    continue
                is_asked = False
                if message["type"] == "subscribe":
                    begun()
                elif message["type"] == "message":
                    heard(message["data"].decode())
        finally:
            await pubsub.aclose()  # type: ignore[no-untyped-call]
            await client.aclose()

    async def publish(self, message: str) -> None:
        """PUBLISH. Raises redis-py's errors."""
        await self._publishing.publish(self._channel, message)

    async def close(self) -> None:
        """Close the connections that publish; the one that listens is closed when listening ends."""
        await self._publishing.aclose()


def _client(url: str, attempts: int) -> Redis:
    """Connects when it is first used. Connections are cheap to make anew, so it does not wait between attempts."""
    client: Redis = Redis.from_url(
        url,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), attempts - 1),
    )
    return client

"""Bodies of requests: they arrive before anybody works on them, so that a slow line keeps nobody from their turn."""

import asyncio
from collections import deque

from starlette.types import Message, Receive

from server.answers import TIMEOUT, Refused

CLOSE = ("Connection", "close")


class Bodies:
    """Waits for bodies of at most `longest` bytes, each for so many seconds."""

    def __init__(self, longest: int, seconds: float) -> None:
        self.on_their_way = 0
        self._longest, self._seconds = longest, seconds

    async def arrived(self, receive: Receive) -> Receive | None:
        """How to receive the body, once it is here, or is longer than it may be; None when its sender has gone.

        Raises Refused when it does not come in time.
        """
        came: deque[Message] = deque()
        self.on_their_way += 1
        try:
            async with asyncio.timeout(self._seconds):
                left, is_whole = self._longest, False
                while not is_whole and left >= 0:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    came.append(message)
                    left -= len(message.get("body", b""))
                    is_whole = not message.get("more_body", False)
        except TimeoutError:
            # Whoever does not finish, for their line is dead, would be waited for as long as it is open.
            raise Refused(408, TIMEOUT, f"The body did not arrive in {self._seconds:g} seconds.", CLOSE) from None
        finally:
            self.on_their_way -= 1

        async def again() -> Message:
            return came.popleft() if came else await receive()

        return again

"""Tasks that live long: each has an owner, and starts with a clean context."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from contextvars import Context
from typing import Any

CANCELED_AGAIN_SECONDS = 3.0


def in_clean_context(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """The work as a task without our context variables: begun inside a transaction it would keep its connection."""
    return asyncio.get_running_loop().create_task(work, name=name, context=Context())


@asynccontextmanager
async def owned(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[asyncio.Task[None]]:
    """The work runs until the block ends; then it is cancelled and awaited. Raises what it died of, if it did."""
    task = in_clean_context(work, name)
    try:
        yield task
    finally:
        while not task.done():
            # More than once: libraries swallow a cancellation (redis-py, at the moment when it is connected).
            task.cancel()
            await asyncio.wait({task}, timeout=CANCELED_AGAIN_SECONDS)
        if not task.cancelled():
            task.result()

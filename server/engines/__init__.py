"""Tortoise engines whose transactions survive cancellation: nothing leaks, nothing stays locked."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns or raises; a cancellation that arrives meanwhile is kept until `work` has ended.

    For the few statements that must not be torn (begin, commit, rollback): a socket that closes cancels its tasks
    at any await. `work` must be bounded by itself.
    """
    task = asyncio.ensure_future(work)
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancellation = error
    if cancellation is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # looked at, so that asyncio does not report it as never retrieved
    raise cancellation

"""Watching by server-sent events: a watch as the chunks of one response."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

import orjson
from graphql import ExecutionResult, GraphQLError

from server.answers import answer
from server.live.frames import Answer, Encoding
from server.live.lanes import Lane
from server.live.rooms import Seat
from server.live.watching import Refusal, Watch

COMMENT = b":\n\n"
COMPLETE = b"event: complete\ndata: \n\n"


async def events(
    watch: Watch, encoding: Encoding, *, silent_seconds: float, complete: bytes = COMPLETE
) -> AsyncGenerator[bytes, None]:
    """What the watcher is told, as it happens, and a comment whenever nothing did for so long.

    It ends with `complete` when the stream reaches its limits; without it when the watcher does not read what it is
    sent, and comes back for it.
    """
    lane = Lane(encoding)
    joining = asyncio.create_task(_joined(watch, lane, complete))
    status = "ENDED"
    try:
        yield COMMENT
        while (chunk := await lane.next(silent_seconds)) is not None:
            yield chunk or COMMENT
        status = "OK"
    finally:
        lane.end()
        joining.cancel()
        await asyncio.wait({joining})
        if not joining.cancelled() and (seat := joining.result()) is not None:
            seat.leave()
        watch.over(status)


async def _joined(watch: Watch, lane: Lane, complete: bytes) -> Seat | None:
    async def send(told: Answer) -> None:
        await lane.put(lane.encoding.head(told, 0))

    try:
        return await watch.join(lane, b"", send=send, ended=lambda: lane.end(complete))
    except Exception as error:
        failed = GraphQLError(str(error), original_error=error)
        with suppress(Exception):
            lane.end(_refused([failed]) + complete)
        return None


async def refusal_events(refusal: Refusal) -> AsyncGenerator[bytes, None]:
    """A stream that says why there is none."""
    yield _refused([*refusal.errors]) + COMPLETE


def _refused(errors: list[GraphQLError]) -> bytes:
    return b"event: next\ndata: %b\n\n" % orjson.dumps(answer(ExecutionResult(data=None, errors=errors)))

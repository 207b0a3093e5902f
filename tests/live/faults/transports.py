"""The ways to watch, as small clients would: each gives the messages of one connection, and says how it ended."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, cast

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus
from websockets.typing import Subprotocol

PROTOCOL = Subprotocol("graphql-transport-ws")
OWN, OTHER = "1", "2"
OTHER_IS_WANTED_FOR = 10  # messages of our own
# Of a line on which nothing comes any more, not even a ping: then it is given up.
PATIENCE_SECONDS = 10.0
# What a client is to mend, says docs/live.md; whatever else a socket closes with is no reason not to go on.
FINAL_CODES = frozenset({1009, 4400, 4401, 4403, 4406, 4409, 4429})
PASSING_ERRORS = frozenset({"INTERNAL", "TIMEOUT", "LIMIT", "BUSY", "CANCELED"})
PASSING_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})


class Interrupted(Exception):
    """The stream ended, and goes on behind the last cursor."""


class Refused(Exception):
    """The server says that asking again is of no use."""


@dataclass(frozen=True)
class Watch:
    """What is asked for, and by whom."""

    field: str
    document: str
    variables: Mapping[str, Any]
    authorization: str


Message = dict[str, Any]
Transport = Callable[[httpx.AsyncClient, str, Watch, str | None], AsyncGenerator[Message, None]]


def told(watch: Watch, payload: Message) -> Message:
    """The message in what a stream sent. Raises what its errors mean."""
    for error in payload.get("errors", ()):
        code = error.get("extensions", {}).get("code")
        raise (Interrupted if code in PASSING_ERRORS else Refused)(f"error {code}")
    message: Message = payload["data"][watch.field]
    return message


async def over_socket(
    _client: httpx.AsyncClient, url: str, watch: Watch, after: str | None
) -> AsyncGenerator[Message, None]:
    """graphql-transport-ws: an operation on a socket of its own."""
    async with aclosing(_socket(url, watch, after, is_shared=False)) as messages:
        async for message in messages:
            yield message


async def over_shared_socket(
    _client: httpx.AsyncClient, url: str, watch: Watch, after: str | None
) -> AsyncGenerator[Message, None]:
    """The same beside another operation, the same in all its words, that is given up after a while."""
    async with aclosing(_socket(url, watch, after, is_shared=True)) as messages:
        async for message in messages:
            yield message


async def _socket(url: str, watch: Watch, after: str | None, *, is_shared: bool) -> AsyncGenerator[Message, None]:
    address = f"ws{url.removeprefix('http')}/graphql"
    with _endings():
        async with connect(
            address,
            subprotocols=[PROTOCOL],
            open_timeout=PATIENCE_SECONDS,
            ping_interval=PATIENCE_SECONDS / 2,
            ping_timeout=PATIENCE_SECONDS / 2,
            close_timeout=0.5,
            max_queue=4,
            compression=None,
        ) as socket:
            await _say(socket, type="connection_init", payload={"Authorization": watch.authorization})
            await _hear(socket, "connection_ack")
            payload = {"query": watch.document, "variables": {**watch.variables, "after": after}}
            for named in (OTHER, OWN) if is_shared else (OWN,):
                await _say(socket, type="subscribe", id=named, payload=payload)
            for number in count():
                yield told(watch, (await _hear(socket, "next"))["payload"])
                if is_shared and number == OTHER_IS_WANTED_FOR:
                    await _say(socket, type="complete", id=OTHER)


@contextmanager
def _endings() -> Iterator[None]:
    """What ends a socket, as what it means to its client."""
    try:
        yield
    except ConnectionClosed as closed:
        code = closed.rcvd.code if closed.rcvd else 1006
        raise (Refused if code in FINAL_CODES else Interrupted)(f"code {code}") from closed
    except InvalidStatus as refusal:
        status = refusal.response.status_code
        raise (Interrupted if status in PASSING_STATUSES else Refused)(f"status {status}") from refusal
    except (OSError, TimeoutError, EOFError, InvalidHandshake, InvalidMessage) as lost:
        raise Interrupted("lost") from lost


async def _say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def _hear(socket: ClientConnection, wanted: str) -> Message:
    """The next message of this sort, of what is our own. Raises what any other means."""
    message: Message = json.loads(await socket.recv())
    while message.get("id") == OTHER:
        message = json.loads(await socket.recv())
    match message["type"]:
        case found if found == wanted:
            return message
        case "complete":
            raise Interrupted("complete")
        case "error":
            code = message["payload"][0]["extensions"]["code"]
            raise (Interrupted if code in PASSING_ERRORS else Refused)(f"error {code}")
        case other:
            raise Refused(f"a message {other}")


async def over_sse(
    client: httpx.AsyncClient, url: str, watch: Watch, after: str | None
) -> AsyncGenerator[Message, None]:
    """graphql-sse, as distinct connections: a POST that is answered by events."""
    asked = {"query": watch.document, "variables": {**watch.variables, "after": after}}
    headers = {"Accept": "text/event-stream", "Authorization": watch.authorization}
    request = client.build_request("POST", f"{url}/graphql", json=asked, headers=headers)
    async with aclosing(_events(client, request)) as events:
        async for event in events:
            if event.get("event") == "complete":
                raise Interrupted("complete")
            if event.get("event") == "next":
                yield told(watch, json.loads(event["data"]))
    raise Interrupted("silence")


async def over_event_source(
    client: httpx.AsyncClient, url: str, watch: Watch, after: str | None
) -> AsyncGenerator[Message, None]:
    """A browser's EventSource: the address stays as it was, and `Last-Event-ID` says where to go on."""
    asked = {"query": watch.document, "variables": json.dumps(dict(watch.variables))}
    headers = {"Accept": "text/event-stream", "Authorization": watch.authorization}
    if after is not None:
        headers["Last-Event-ID"] = after
    request = client.build_request("GET", f"{url}/graphql/stream", params=asked, headers=headers)
    async with aclosing(_events(client, request)) as events:
        async for event in events:
            if event.get("event") != "next":
                continue
            message = told(watch, json.loads(event["data"]))
            assert event["id"] == message["cursor"]
            yield message
    raise Interrupted("silence")


async def _events(client: httpx.AsyncClient, request: httpx.Request) -> AsyncGenerator[dict[str, str], None]:
    """The events that arrive whole, until the answer ends."""
    try:
        response = await client.send(request, stream=True)
        async with aclosing(response):
            if response.status_code != 200:
                status = response.status_code
                raise (Interrupted if status in PASSING_STATUSES else Refused)(f"status {status}")
            async with aclosing(cast("AsyncGenerator[bytes, None]", response.aiter_raw())) as chunks:
                async for event in _parsed(chunks):
                    yield event
    except httpx.TransportError as lost:
        raise Interrupted("lost") from lost


async def _parsed(chunks: AsyncIterator[bytes]) -> AsyncIterator[dict[str, str]]:
    rest = b""
    async for chunk in chunks:
        *whole, rest = (rest + chunk).replace(b"\r\n", b"\n").split(b"\n\n")
        for block in whole:
            lines = (line.partition(":") for line in block.decode().split("\n"))
            yield {name: value.removeprefix(" ") for name, _, value in lines if name}


TRANSPORTS: tuple[Transport, ...] = (over_socket, over_sse, over_shared_socket, over_event_source)

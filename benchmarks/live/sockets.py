"""One watcher's socket: it opens, subscribes, and from then on counts messages and notes when they came, little more.

It reads frames as a client must, but trusts the server to send whole ones, as all of these do.
"""

import asyncio
import json
import time
from array import array
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, cast
from uuid import uuid4

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
PROTOCOL = "graphql-transport-ws"
# Where the length of a frame stands, if not in its second byte; and so many bytes are before what a middle one holds.
MIDDLE, MIDDLE_HEAD = 126, 4
NEXT, ERRORS = b'"next"', b'"errors"'
# After so many messages in one turn of the loop the client does not nap: there will be more already.
MANY = 25


@dataclass(frozen=True)
class Opening:
    """How a socket is opened: where, as whom, and what it subscribes to, if it has to ask for anything."""

    path: str
    order: str
    document: str | None = None
    authorization: str | None = None
    operations: int = 1

    def request(self, port: int) -> bytes:
        """The upgrade."""
        lines = [f"GET {self.path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Upgrade: websocket", "Connection: Upgrade"]
        lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"]
        if self.document is not None:
            lines.append(f"Sec-WebSocket-Protocol: {PROTOCOL}")
        return "\r\n".join([*lines, "", ""]).encode()

    def init(self) -> bytes:
        """What says who it is."""
        payload = {"Authorization": self.authorization} if self.authorization else {}
        return _text({"type": "connection_init", "payload": payload})

    def subscriptions(self) -> bytes:
        """What asks for the events; with the ids that client libraries make."""
        payload = {"query": self.document, "variables": {"order": self.order}}
        asked = ({"id": str(uuid4()), "type": "subscribe", "payload": payload} for _ in range(self.operations))
        return b"".join(_text(each) for each in asked)


@dataclass
class Crowd:
    """All sockets of a run: what is still to come, when each message came, and what went wrong.

    After it has read few it naps for so many seconds: what comes meanwhile is read together. A client on this machine
    that waits for every single message has to be woken for it, and Linux charges that to the server that sends it,
    some µs in a virtual machine. A server whose clients are elsewhere has no such cost.
    """

    nap_seconds: float
    arrivals: "array[float]" = field(default_factory=lambda: array("d"))
    outstanding: int = 0
    everything: asyncio.Event = field(default_factory=asyncio.Event)
    fault: str | None = None
    _is_tired: bool = False
    _before: int = 0  # how many were to come when it began to read

    def expect(self, messages: int) -> None:
        """From now on so many more are to come."""
        self.outstanding += messages
        self.everything.clear()

    def came(self, messages: int, at: float) -> None:
        """So many came at once."""
        self.arrivals.extend((at,) * messages)
        self.outstanding -= messages
        if self.outstanding <= 0:
            self.everything.set()
        elif not self._is_tired and self.nap_seconds:
            self._is_tired, self._before = True, self.outstanding + messages
            asyncio.get_running_loop().call_soon(self._nap)

    def _nap(self) -> None:
        self._is_tired = False
        if self._before - self.outstanding < MANY:  # else it is behind
            time.sleep(self.nap_seconds)

    def fail(self, why: str) -> None:
        """Nothing that is measured from here on counts."""
        self.fault = self.fault or why
        self.everything.set()


class Socket(asyncio.Protocol):
    """A socket. A `quiet` one counts for itself alone: the crowd does not hear of what it gets."""

    def __init__(self, crowd: Crowd, opening: Opening, port: int, *, is_quiet: bool = False) -> None:
        self.got, self.last = 0, b""
        self.closed: int | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._crowd, self._opening, self._port, self._is_quiet = crowd, opening, port, is_quiet
        self._rest = b""
        self._is_upgraded = self._listens = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(self._opening.request(self._port))

    def data_received(self, data: bytes) -> None:
        now = monotonic()
        if self._listens and not self._rest and (texts := _alike(data)):
            self.last = data[len(data) - len(data) // texts + MIDDLE_HEAD :]
            self._count(texts, data, len(data), now)
            return
        if self._rest:
            data = self._rest + data
        if not self._is_upgraded:
            data = self._upgrade(data)
            if not self._is_upgraded:
                return
        self._read(data, now)

    def _read(self, data: bytes, now: float) -> None:
        """One frame after the other; of the last one there may be a part, which is kept."""
        at, size, texts = 0, len(data), 0
        while size - at >= 2:
            head, length = 2, data[at + 1]
            if length >= MIDDLE:
                head = MIDDLE_HEAD if length == MIDDLE else 10
                length = int.from_bytes(data[at + 2 : at + head], "big")
            end = at + head + length
            if end > size or size - at < head:
                break
            if data[at] != TEXT:
                self._control(data[at], data[at + head : end])
            elif self._listens:
                texts += 1
                self.last = data[at + head : end]
            else:
                self._greeted(json.loads(data[at + head : end]))
            at = end
        self._rest = data[at:]
        if texts:
            self._count(texts, data, at, now)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_quiet:
            self._crowd.fail(f"a socket was closed: {self.closed or exc or 'the server said nothing'}")
        self.closed = self.closed or 1006
        if not self.opened.done():
            self.opened.set_exception(ConnectionResetError("a socket was closed before it was open"))

    def _count(self, texts: int, data: bytes, end: int, now: float) -> None:
        self.got += texts
        if data.count(NEXT, 0, end) != texts or data.find(ERRORS, 0, end) >= 0:
            self._crowd.fail(f"a socket got what is no message: {data[:end][-600:]!r}")
        elif not self._is_quiet:
            self._crowd.came(texts, now)

    def _upgrade(self, data: bytes) -> bytes:
        """What follows the answer to the upgrade, if that is here whole; nothing, and the rest is kept, if not."""
        answer, found, rest = data.partition(b"\r\n\r\n")
        if not found:
            self._rest = data
            return b""
        if b" 101 " not in answer.partition(b"\r\n")[0]:
            self._crowd.fail(f"the server refused a socket: {answer[:100]!r}")
            self.transport.abort()
            return b""
        self._is_upgraded = True
        if self._opening.document is None:
            self._open()
        else:
            self.transport.write(self._opening.init())
        return rest

    def _greeted(self, message: dict[str, Any]) -> None:
        if message["type"] != "connection_ack":
            self._crowd.fail(f"the server greets with {message}")
            return
        self.transport.write(self._opening.subscriptions())
        self._open()

    def _open(self) -> None:
        self._listens = True
        self.opened.set_result(None)

    def _control(self, kind: int, payload: bytes) -> None:
        if kind == PING:
            self.transport.write(_frame(PONG, payload))
        elif kind == CLOSE:
            self.closed = int.from_bytes(payload[:2], "big")


def _alike(data: bytes) -> int:
    """How many frames there are, if they are whole texts of the same middle length, and nothing else; 0 if not.

    So are nearly all that come: the client is not to be what is measured.
    """
    head, size = data[:MIDDLE_HEAD], len(data)
    if size < MIDDLE_HEAD or head[0] != TEXT or head[1] != MIDDLE:
        return 0
    step = MIDDLE_HEAD + (head[2] << 8 | head[3])
    if size == step:
        return 1
    texts, rest = divmod(size, step)
    are_alike = all(data[at::step] == head[at : at + 1] * texts for at in range(MIDDLE_HEAD))
    return texts if are_alike and not rest else 0


def _text(message: dict[str, Any]) -> bytes:
    return _frame(TEXT, json.dumps(message).encode())


def _frame(kind: int, payload: bytes) -> bytes:
    """A frame of a client: masked, with zeros, which change nothing."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes([kind]) + length + bytes(4) + payload

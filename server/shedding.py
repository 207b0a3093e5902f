"""Load shedding: so many operations at once, a short line behind them, and an early word to whoever would wait long."""

import asyncio
from collections import deque
from collections.abc import Callable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.answers import LIMIT, SOON, Refused
from server.bodies import Bodies

# What is in line, or on its way, costs memory and sockets: this many for each that is worked on.
LINE_PER_PLACE = 16
# While the line does not get empty, waiting long helps nobody: those who are let in would all have waited that long.
PATIENCE_WHEN_STANDING = 0.2
LOGGED_AFTER_SECONDS = 5.0
BUSY = "The server has too much to do. Nothing was done: try again in a few seconds."

log = structlog.get_logger("waybill")


class Gate:
    """Lets `most` in at a time. Others wait in line, for `patience_seconds` at most; then they are refused.

    A burst is worked off from the line. When the line has not been empty for that long it is no burst, and patience is
    a fifth: so those who are let in have waited a moment only, however many come.
    """

    def __init__(self, most: int, patience_seconds: float) -> None:
        self.in_flight = 0
        self.refused = 0
        self._most, self._patience = most, patience_seconds
        self.longest_line = LINE_PER_PLACE * most
        self._line: deque[asyncio.Future[None]] = deque()
        self._line_since: float | None = None
        self._untold = 0

    @property
    def waiting(self) -> int:
        """How many are in line."""
        return len(self._line)

    @property
    def is_overloaded(self) -> bool:
        """Whether the line has been standing for longer than anybody should wait."""
        return self._line_since is not None and self._now() - self._line_since > self._patience

    async def enter(self) -> bool:
        """True when it is your turn, and then you must `leave`; False when you are refused."""
        if self.in_flight < self._most:
            self.in_flight += 1
            return True
        if len(self._line) >= self.longest_line or not await self._wait():
            self.refuse()
            return False
        return True

    def leave(self) -> None:
        """Make room: for the first in line, if somebody is."""
        while self._line:
            turn = self._line.popleft()
            if not turn.done():
                turn.set_result(None)  # the place is handed over, so nobody can come between
                return
        self.in_flight -= 1
        self._line_since = None

    def refuse(self) -> None:
        """Count one who was refused; soon there is a line about all of them in the log."""
        self.refused += 1
        self._untold += 1
        if self._untold == 1:
            asyncio.get_running_loop().call_later(LOGGED_AFTER_SECONDS, self._tell)

    def _tell(self) -> None:
        log.warning("requests.refused", count=self._untold, in_flight=self.in_flight, waiting=self.waiting)
        self._untold = 0

    async def _wait(self) -> bool:
        if self._line_since is None:
            self._line_since = self._now()
        patience = self._patience * (PATIENCE_WHEN_STANDING if self.is_overloaded else 1)
        turn = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        try:
            async with asyncio.timeout(patience):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                if isinstance(error, TimeoutError):
                    return True  # both came in one turn of the loop
                self.leave()
            elif turn in self._line:
                self._line.remove(turn)
            if isinstance(error, TimeoutError):
                return False
            raise
        return True

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


# Beside operations by POST, what works like one; and what lasts, and is refused as new sockets are.
PAGES = frozenset({"/track", "/track/cancel", "/track/return", "/track/link"})
STREAM = "/graphql/stream"


class Shedding:
    """Operations and tracking pages pass a gate; while it is overloaded, new sockets and streams are refused too.

    So are sockets whenever `why_closed` has a reason. All else passes freely. A place is held from when the body is
    here until the answer begins: a line may be slow, and a stream lasts, and does not work all the time.
    """

    def __init__(
        self, app: ASGIApp, gate: Gate, bodies: Bodies, why_closed: Callable[[], str | None] = lambda: None
    ) -> None:
        self._app, self._gate, self._bodies, self._why_closed = app, gate, bodies, why_closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http" and _is_work(scope):
            await self._operate(scope, receive, send)
        elif kind == "http" and scope["path"] == STREAM and self._gate.is_overloaded:
            self._gate.refuse()
            await _refusal()(scope, receive, send)
        elif kind == "websocket" and (reason := self._why_no_socket()):
            self._gate.refuse()
            await _refuse_socket(reason, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _why_no_socket(self) -> str | None:
        return BUSY if self._gate.is_overloaded else self._why_closed()

    async def _operate(self, scope: Scope, receive: Receive, send: Send) -> None:
        gate, is_inside = self._gate, True
        if self._bodies.on_their_way + gate.waiting >= gate.longest_line:
            gate.refuse()
            await _refusal()(scope, receive, send)
            return
        try:
            body = await self._bodies.arrived(receive)
        except Refused as late:
            await late.response(scope, receive, send)
            return
        if body is None:
            return
        if not await gate.enter():
            await _refusal()(scope, receive, send)
            return

        async def begin(message: Message) -> None:
            nonlocal is_inside
            if is_inside:
                is_inside = False
                gate.leave()
            await send(message)

        try:
            await self._app(scope, body, begin)
        finally:
            if is_inside:
                gate.leave()


def _is_work(scope: Scope) -> bool:
    return scope["path"] in PAGES or (scope["path"] == "/graphql" and scope["method"] == "POST")


def _refusal(reason: str = BUSY) -> ASGIApp:
    return Refused(503, LIMIT, reason, come_back=SOON).response


async def _refuse_socket(reason: str, scope: Scope, receive: Receive, send: Send) -> None:
    """An answer of HTTP instead of the handshake, where the server can send one."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1013})
        return

    async def as_socket(message: Message) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    await _refusal(reason)({**scope, "type": "http", "method": "GET"}, receive, as_socket)

"""Sockets as uvicorn speaks them, and as an application under it sees them end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from uvicorn import Config, Server
from websockets.asyncio.client import connect
from websockets.frames import Frame, Opcode

from server.socket_protocol import SocketProtocol

PATIENCE = 60


class Slow:
    """An application that is busy while its socket ends, and answers then, or closes it."""

    def __init__(self) -> None:
        self.failed: asyncio.Future[list[BaseException]] = asyncio.get_running_loop().create_future()

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        assert (await receive())["type"] == "websocket.disconnect"
        sent = (send({"type": "websocket.send", "text": "answer"}), send({"type": "websocket.close", "code": 4409}))
        found = await asyncio.gather(*sent, return_exceptions=True)
        self.failed.set_result([each for each in found if each is not None])


@asynccontextmanager
async def serving(application: Any) -> AsyncIterator[str]:
    """The address of a server of this application, in this process."""
    config = Config(application, port=0, ws=SocketProtocol, lifespan="off", log_config=None, ws_max_size=1_000)
    server = Server(config)
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(PATIENCE):
        while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
            await asyncio.sleep(0.01)
    yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await task


@pytest.mark.parametrize(
    "last_words", [Frame(Opcode.TEXT, b"x" * 2_000), Frame(Opcode.TEXT, b"\xff"), Frame(Opcode.CLOSE, b"\x03\xe8")]
)
async def test_an_answer_to_a_socket_that_has_ended_meanwhile_is_no_fault_of_the_application(last_words: Frame) -> None:
    application = Slow()
    async with serving(application) as url, connect(url) as ws:
        ws.transport.write(last_words.serialize(mask=True))
        failed = await asyncio.wait_for(application.failed, PATIENCE)
    # As servers have to say it: whoever answers a peer that has gone is told so, and what is closed is closed.
    assert [isinstance(each, OSError) for each in failed] in ([True], [True, True])

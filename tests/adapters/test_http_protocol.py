"""A response's head and body leave in one packet; whatever else is written leaves as it comes."""

import asyncio
import socket
from typing import Any, cast

import pytest

from server.http import GONE_AFTER_SECONDS, JoinedTransport, give_up_in_time


class Wire:
    """Takes what is sent, packet by packet."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.packets.append(data)

    def close(self) -> None:
        self.is_closed = True

    def get_extra_info(self, name: str) -> str:
        return f"the {name} of the wire"


HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def joined(wire: Wire) -> JoinedTransport:
    return JoinedTransport(cast("Any", wire), asyncio.get_running_loop())


async def test_a_head_leaves_with_its_body(wire: Wire, joined: JoinedTransport) -> None:
    joined.write(HEAD)
    joined.write(b"{}")
    joined.write(HEAD)
    joined.write(b"[]")
    assert wire.packets == [HEAD + b"{}", HEAD + b"[]"]
    await asyncio.sleep(0)
    assert len(wire.packets) == 2


async def test_a_head_that_no_body_follows_at_once_leaves_alone(wire: Wire, joined: JoinedTransport) -> None:
    joined.write(HEAD)
    assert wire.packets == []
    await asyncio.sleep(0)
    joined.write(b"data: 1\n\n")
    assert wire.packets == [HEAD, b"data: 1\n\n"]


async def test_an_interim_answer_is_not_held_back(wire: Wire, joined: JoinedTransport) -> None:
    joined.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert wire.packets == [b"HTTP/1.1 100 Continue\r\n\r\n"]


async def test_what_is_held_back_leaves_before_the_end(wire: Wire, joined: JoinedTransport) -> None:
    joined.write(HEAD)
    joined.close()
    assert (wire.packets, wire.is_closed) == ([HEAD], True)


async def test_all_else_is_the_transport_itself(joined: JoinedTransport) -> None:
    assert joined.get_extra_info("peername") == "the peername of the wire"


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux knows this")
async def test_a_connection_whose_peer_is_gone_without_a_word_is_given_up_in_time() -> None:
    class Accepting(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            give_up_in_time(transport)
            accepted.set_result(transport.get_extra_info("socket"))

    loop = asyncio.get_running_loop()
    accepted: asyncio.Future[socket.socket] = loop.create_future()
    async with await loop.create_server(Accepting, "127.0.0.1", 0) as server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        ours = await accepted
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == GONE_AFTER_SECONDS * 1000
        writer.close()
        await writer.wait_closed()

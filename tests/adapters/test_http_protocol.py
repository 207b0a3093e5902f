"""A response's head and body leave in one packet; whatever else is written leaves as it comes."""

import asyncio
from typing import Any, cast

import pytest

from server.http import JoinedTransport


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

"""Rooms: what happens together is written to each watcher in one piece, and nobody is told twice or too little."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import uuid4

import pytest

from domain.kernel.doorbell import StreamLimits
from server.live.frames import EVENT, FRAME, Answer, Encoding
from server.live.rooms import JOINED_BYTES, Room, Seat


@dataclass
class Peer:
    """A watcher's end: what was written, piece by piece. A `slow` one takes so many, written carefully."""

    encoding: Encoding = FRAME
    slow: int | None = None
    pieces: list[bytes] = field(default_factory=list)

    @property
    def direct(self) -> Callable[[bytes], None] | None:
        return self.pieces.append if self.slow is None else None

    def write(self, data: bytes) -> bool:
        if len(self.pieces) == self.slow:
            return False
        self.pieces.append(data)
        return True


def room() -> Room:
    """A room without a document: what it is told is given."""
    return Room(cast("Any", None), lambda: None)


def sit(room: Room, peer: Peer, *, behind: int = 0, named: str = "") -> bytes:
    """A seat for the peer, and how its operation is named in every frame."""
    tail = peer.encoding.tail(named or str(uuid4()))
    room.sit(Seat(room, peer, tail, behind, StreamLimits(), lambda: None))
    return tail


def answers(*bodies: str) -> list[Answer]:
    """Answers, each with the cursor behind it."""
    return [Answer(body.encode(), f"c{n}") for n, body in enumerate(bodies, 1)]


async def test_what_happens_together_is_written_in_one_piece_each_with_its_own_id() -> None:
    here, peers, told = room(), [Peer(), Peer(), Peer(EVENT)], answers('{"a":1}', '{"a":22}')
    tails = [sit(here, peer) for peer in peers]
    here.send(told[:1], [1])
    here.send(told, [2, 3])
    for peer, tail in zip(peers, tails, strict=True):
        frames = [peer.encoding.head(answer, len(tail)) + tail for answer in told]
        assert peer.pieces == [frames[0], b"".join(frames)]
    assert peers[0].pieces[0] == b'\x81\x4d{"type":"next","payload":{"a":1},"id":' + tails[0]
    assert peers[2].pieces[1] == b'event: next\ndata: {"a":1}\n\nevent: next\ndata: {"a":22}\n\n'


@pytest.mark.parametrize(
    ("bodies", "pieces"),
    [
        ([10, 10, 10], [3]),
        ([JOINED_BYTES // 2, JOINED_BYTES // 2, 1], [2, 1]),
        ([JOINED_BYTES + 1, 1, 1, JOINED_BYTES, JOINED_BYTES], [1, 2, 1, 1]),
        ([JOINED_BYTES + 1, JOINED_BYTES + 1], [1, 1]),
    ],
)
async def test_a_piece_is_not_larger_than_a_watcher_takes_at_once(bodies: list[int], pieces: list[int]) -> None:
    here, peer = room(), Peer()
    sit(here, peer)
    here.send(answers("first"), [1])
    here.send(answers(*("x" * size for size in bodies)), list(range(2, 2 + len(bodies))))
    assert [piece.count(b'"next"') for piece in peer.pieces[1:]] == pieces


async def test_who_comes_is_told_what_is_behind_their_place_and_nothing_before_it() -> None:
    here, early, late, told = room(), Peer(), Peer(), answers("one", "two", "three")
    sit(here, early)
    sit(here, late, behind=2)
    here.send(told, [1, 2, 3])
    assert [piece[:40].partition(b'"payload":')[2][:3] for piece in early.pieces] == [b"one", b"two", b"thr"]
    assert [b"three" in piece for piece in late.pieces] == [True]


async def test_whoever_takes_no_more_is_told_no_more_and_the_others_are() -> None:
    here, slow, quick = room(), Peer(slow=1), Peer()
    sit(here, slow)
    sit(here, quick)
    for place in (1, 2, 3):
        here.send(answers("event"), [place])
    assert (len(slow.pieces), len(quick.pieces), len(here)) == (1, 3, 2)


@pytest.mark.parametrize(("size", "head"), [(90, 2), (91, 4), (65_500, 4), (65_501, 10)])
async def test_a_frame_says_how_long_it_is(size: int, head: int) -> None:
    here, peer = room(), Peer()
    sit(here, peer, named="n")
    here.send(answers("x" * size), [1])
    [frame] = peer.pieces
    said = frame[1] if head == 2 else int.from_bytes(frame[2:head], "big")
    assert (frame[0], said) == (0x81, len(frame) - head)
    assert head == 2 or frame[1] == (126 if head == 4 else 127)

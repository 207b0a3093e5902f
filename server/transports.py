"""What waits for a peer that does not read: bounded in the kernel, and given up without waiting."""

import asyncio
import socket
import struct
from contextlib import suppress

KERNEL_BYTES = 65_536
STALLED_SECONDS = 15.0


def bound(transport: asyncio.Transport) -> None:
    """Let the kernel keep little of what the peer has not read: else it hides megabytes."""
    _set(transport, socket.SO_SNDBUF, KERNEL_BYTES)


def give_up(transport: asyncio.Transport) -> None:
    """End the connection at once, and with it what the kernel would keep for minutes while the peer does not read."""
    _set(transport, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _set(transport: asyncio.Transport, option: int, value: int | bytes) -> None:
    if (plug := transport.get_extra_info("socket")) is not None:
        with suppress(OSError, ValueError):  # its peer has gone, and the socket is closed
            plug.setsockopt(socket.SOL_SOCKET, option, value)

"""Publishes to a peer, as a process of its own, by a small request on a connection that is kept.

The peer makes the events in memory. It tells when the server could know at the earliest: before the request was sent.
"""

import socket
import sys
from time import monotonic

from benchmarks.live.talking import say

ANSWER_SECONDS = 30


def post(connection: socket.socket, line: str) -> None:
    """Send what was asked for as it is, and say when, after it was answered."""
    head = f"POST /publish HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(line)}\r\n\r\n"
    told = monotonic()
    connection.sendall((head + line).encode())
    answer = b""
    while b"ok" not in answer.partition(b"\r\n\r\n")[2]:
        part = connection.recv(4096)
        if not part:
            say(fault=f"the peer answered {answer!r} to a publication")
            return
        answer += part
    say(began=told, told=told)


def serve(port: int) -> None:
    """Post whatever the input asks for, until it ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        say(ready=True)
        for line in iter(sys.stdin.readline, ""):
            post(connection, line)


if __name__ == "__main__":
    serve(int(sys.argv[1]))

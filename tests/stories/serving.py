"""`waybill serve` as a process, and a client that speaks to it over real sockets."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from domain.kernel.actor import Actor
from server.auth import Authenticator
from tests.servers import free_port

SECRET = "a secret of the tests, of 32 bytes and more"
STARTS_WITHIN_SECONDS = 250


@dataclass
class ServerProcess:
    """One server; `kill` is kill -9, `stop` is SIGTERM."""

    port: int
    environment: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it says that it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server", "serve", "--port", str(self.port)],
                env=os.environ | self.environment,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + STARTS_WITHIN_SECONDS
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/readyz", timeout=1).status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError(f"the server did not start: {self.log.read_text()[-2000:]}")

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log of this event, so far."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("event", "").partition(" ")[0] == event]

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextmanager
def server_process(
    database_url: str, folder: Path, *, port: int | None = None, **settings: object
) -> Iterator[ServerProcess]:
    """A server on this port or a free one, not started yet; nothing of it is left afterwards."""
    port = port or free_port()
    chosen = {"database_url": database_url, "secret": SECRET, "log_format": "json", **settings}
    environment = {f"WAYBILL_{name.upper()}": str(value) for name, value in chosen.items()}
    server = ServerProcess(port, environment, folder / f"server-{port}.log")
    try:
        yield server
    finally:
        if server.process and server.process.poll() is None:
            server.kill()


def headers_of(actor: Actor) -> dict[str, str]:
    """Credentials of this actor, signed with the tests' secret."""
    return {"Authorization": f"Bearer {Authenticator(SECRET).issue(actor, expires_in=timedelta(hours=1))}"}


async def ask(client: httpx.AsyncClient, url: str, query: str, /, **variables: Any) -> dict[str, Any]:
    """The data of a query or mutation. Raises httpx.HTTPError when the server is gone."""
    response = await client.post(f"{url}/graphql", json={"query": query, "variables": variables})
    answer = response.json()
    assert "errors" not in answer, answer
    data: dict[str, Any] = answer["data"]
    return data


async def sse(client: httpx.AsyncClient, url: str, query: str, /, **variables: Any) -> AsyncIterator[dict[str, Any]]:
    """What a subscription sends over server-sent events, until the server ends it or is gone."""
    request = client.stream(
        "POST",
        f"{url}/graphql",
        json={"query": query, "variables": variables},
        headers={"Accept": "text/event-stream"},
        timeout=httpx.Timeout(10, read=30),
    )
    async with request as response:
        assert response.status_code == 200, await response.aread()
        event = ""
        async for line in response.aiter_lines():
            if line.startswith("event:"):
                event = line[6:].strip()
            elif line.startswith("data:") and event == "next":
                payload = json.loads(line[5:])
                assert "errors" not in payload, payload
                yield payload["data"]

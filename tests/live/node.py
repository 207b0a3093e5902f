"""The client libraries that web pages use, in a process of Node: graphql-ws, graphql-sse, and our own over them."""

import asyncio
import fcntl
import json
import shutil
import subprocess
from asyncio.subprocess import PIPE
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent.parent / "web/client"
INSTALL_SECONDS = 100
SOON = 60.0


class NoNode(Exception):
    """Nothing of this can be run here; the sentence says why."""


def prepare(lock: Path) -> None:
    """Install the packages of our client from its lock file, and compile it. Raises NoNode.

    Processes that test at the same time take turns by the lock.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NoNode("there is no Node, or no npm, on this machine")
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        _install(npm)
        compiled = subprocess.run([node, "node_modules/typescript/bin/tsc"], cwd=FOLDER, capture_output=True, text=True)
    assert compiled.returncode == 0, compiled.stdout


def _install(npm: str) -> None:
    kept, wanted = FOLDER / "node_modules/.package-lock.json", FOLDER / "package-lock.json"
    if kept.exists() and kept.stat().st_mtime >= wanted.stat().st_mtime:
        return
    done = subprocess.run([npm, "ci"], cwd=FOLDER, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    if done.returncode:
        raise NoNode(f"npm ci failed: {done.stderr.strip()[-300:]}")


class NodeClient:
    """A client library: what it is asked, and what it says of it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._said: dict[str, asyncio.Queue[dict[str, Any]]] = defaultdict(asyncio.Queue)
        self._asked = 0

    def subscribe(self, query: str, /, **variables: Any) -> str:
        """Give the operation to the library as it is; the name under which it speaks of it."""
        return self._send(query=query, variables=variables)

    def watch(self, query: str, /, after: str, **variables: Any) -> str:
        """Watch it, with our own client."""
        return self._send(query=query, variables=variables, after=after)

    def stop(self, name: str) -> None:
        """Unsubscribe."""
        self._write({"id": name, "stop": True})

    async def said(self, name: str) -> dict[str, Any]:
        """What it says next."""
        async with asyncio.timeout(SOON):
            return await self._said[name].get()

    async def sent(self, name: str) -> Any:
        """The message that the subscription sends next."""
        said = await self.said(name)
        [message] = said["next"]["data"].values()
        return message

    async def told(self, name: str) -> Any:
        """The message that the watch tells next, over all cuts."""
        while "cut" in (said := await self.said(name)):
            pass
        return said["told"]

    async def answer(self, query: str, /, **variables: Any) -> Any:
        """The result of a query or mutation."""
        name = self.subscribe(query, **variables)
        said = await self.said(name)
        assert await self.said(name) == {"complete": True}
        return said["next"]

    async def listen(self) -> None:
        """Hear what it says, until it ends."""
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            self._said[said.pop("id")].put_nowait(said)

    def _send(self, **asked: Any) -> str:
        self._asked += 1
        self._write({"id": str(self._asked)} | asked)
        return str(self._asked)

    def _write(self, line: dict[str, Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(line).encode() + b"\n")


@asynccontextmanager
async def node_client(transport: str, url: str, authorization: str = "") -> AsyncIterator[NodeClient]:
    """A client over "socket" or "events"; nothing of it is left afterwards."""
    command = (shutil.which("node") or "node", "dist/tests/bridge.js", transport, f"{url}/graphql", authorization)
    process = await asyncio.create_subprocess_exec(*command, cwd=FOLDER, stdin=PIPE, stdout=PIPE, limit=2**24)
    client = NodeClient(process)
    hearing = asyncio.create_task(client.listen())
    try:
        yield client
    finally:
        assert process.stdin
        process.stdin.close()  # it ends with its input
        async with asyncio.timeout(SOON):
            await process.wait()
            await hearing

"""A headless Chromium, driven over its DevTools protocol by the websocket client that is here anyway."""

import asyncio
import base64
import json
import os
import re
import shutil
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SOON = 40.0
LONGEST_MESSAGE = 64 * 1024 * 1024
# Until something changes on the page, or a little later.
CHANGE = """new Promise((done) => {
  new MutationObserver(done).observe(document, { subtree: true, childList: true, characterData: true });
  setTimeout(done, 200);
})"""
QUIETLY = (
    "--headless=new",
    "--no-sandbox",  # the tests run as root in containers, where Chromium's own sandbox cannot
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--remote-debugging-port=0",
)


def chromium() -> str:
    """The browser of this machine. Skips the test where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("there is no Chromium here (Debian: apt-get install chromium)")
    return found


@dataclass
class Tab:
    """One page, and what the browser said about it."""

    socket: ClientConnection
    session: str
    events: list[dict[str, Any]] = field(default_factory=list)
    loaded: asyncio.Event = field(default_factory=asyncio.Event)
    _answers: dict[int, "asyncio.Future[dict[str, Any]]"] = field(default_factory=dict)
    _last: int = 0

    async def ask(self, method: str, /, **parameters: Any) -> dict[str, Any]:
        """The answer to a command of the protocol."""
        self._last += 1
        answer = self._answers[self._last] = asyncio.get_running_loop().create_future()
        message = {"id": self._last, "method": method, "params": parameters}
        await self.socket.send(json.dumps(message | ({"sessionId": self.session} if self.session else {})))
        async with asyncio.timeout(SOON):
            return await answer

    async def hear(self) -> None:
        """Take what the browser says, until it is closed."""
        async for text in self.socket:
            message = json.loads(text)
            if (answer := self._answers.pop(message.get("id", 0), None)) and not answer.done():
                if "error" in message:
                    answer.set_exception(AssertionError(message["error"]))
                else:
                    answer.set_result(message["result"])
            elif "method" in message:
                self.events.append(message)
                if message["method"] == "Page.loadEventFired":
                    self.loaded.set()

    async def go(self, url: str) -> None:
        """Open the address, and wait until all of it is there."""
        self.loaded.clear()
        await self.ask("Page.navigate", url=url)
        async with asyncio.timeout(SOON):
            await self.loaded.wait()

    async def follow(self, script: str) -> None:
        """Do what leads to another page, and wait until all of that is there."""
        self.loaded.clear()
        await self.value(script)
        async with asyncio.timeout(SOON):
            await self.loaded.wait()

    def happened(self, method: str) -> list[dict[str, Any]]:
        """Events of this kind, so far."""
        return [event["params"] for event in self.events if event["method"] == method]

    def complaints(self) -> list[str]:
        """What the browser has to say against the page: exceptions, and what its policy forbids."""
        thrown = [str(each["exceptionDetails"]) for each in self.happened("Runtime.exceptionThrown")]
        entries = [each["entry"] for each in self.happened("Log.entryAdded")]
        return thrown + [each["text"] for each in entries if each["source"] not in ("network", "other")]

    async def value(self, script: str) -> Any:
        """What the expression is on the page."""
        answer = await self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until the expression is true on the page."""
        try:
            async with asyncio.timeout(SOON):
                while not await self.value(f"Boolean({script})"):
                    await self.value(CHANGE)
        except TimeoutError:
            raise AssertionError(f"never: {script}\n{await self.value('document.body.innerText')}") from None

    async def text(self, selector: str) -> str:
        """What is read there."""
        return str(await self.value(f"document.querySelector({json.dumps(selector)}).innerText"))

    async def looks(
        self, *, width: int = 390, height: int = 844, scheme: str = "light", motion: str = "reduce"
    ) -> None:
        """Whose screen it is seen on."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )
        features = [("prefers-color-scheme", scheme), ("prefers-reduced-motion", motion)]
        await self.ask(
            "Emulation.setEmulatedMedia", features=[{"name": name, "value": value} for name, value in features]
        )

    async def is_offline(self, offline: bool) -> None:
        """In a tunnel, or out of it."""
        await self.ask(
            "Network.emulateNetworkConditions", offline=offline, latency=0, downloadThroughput=-1, uploadThroughput=-1
        )

    async def picture(self) -> bytes:
        """The whole page as it looks now, as PNG."""
        shot = await self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])


@asynccontextmanager
async def tab(*, has_script: bool = True) -> AsyncIterator[Tab]:
    """A fresh page in a fresh browser, of which nothing is left afterwards."""
    program = chromium()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        command = (program, *QUIETLY, f"--user-data-dir={home}", "about:blank")
        environment = os.environ | {"HOME": home}
        process = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=PIPE, env=environment)
        try:
            async with connect(await _address(process), max_size=LONGEST_MESSAGE) as socket:
                opened = Tab(socket, "")
                ears = asyncio.create_task(opened.hear())
                try:
                    await _begin(opened, has_script=has_script)
                    yield opened
                finally:
                    ears.cancel()
                    await asyncio.wait({ears})
        finally:
            process.kill()
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    """Where the browser says that it listens."""
    assert process.stderr
    async with asyncio.timeout(SOON):
        while line := await process.stderr.readline():
            if found := re.search(rb"DevTools listening on (ws://\S+)", line):
                return found[1].decode()
    raise AssertionError("the browser ended")


async def _begin(opened: Tab, *, has_script: bool) -> None:
    target = await opened.ask("Target.createTarget", url="about:blank")
    opened.session = (await opened.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True))["sessionId"]
    for domain in ("Page", "Runtime", "Log", "Network"):
        await opened.ask(f"{domain}.enable")
    await opened.looks()
    if not has_script:
        await opened.ask("Emulation.setScriptExecutionDisabled", value=True)

"""Servers as processes: started, paused while others are measured, and stopped by their own ids."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.servers import ends_with_its_parent

START_SECONDS = 60
STOP_SECONDS = 10


class ServerFailed(Exception):
    """A server did not start, or answered wrongly; the text says what it said."""


@dataclass
class Server:
    """A running server that listens at a port of this machine."""

    name: str
    port: int
    root: psutil.Process
    log: Path
    ended: Callable[[], int | None]
    peak_bytes: int = 0

    def family(self) -> list[psutil.Process]:
        """The process and its children."""
        with suppress(psutil.NoSuchProcess):
            return [self.root, *self.root.children(recursive=True)]
        return []

    def cpu_seconds(self) -> float:
        """What it has used so far, its children included. Notes the memory it takes, too."""
        seconds = 0.0
        for process in self.family():
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                seconds += times.user + times.system + times.children_user + times.children_system
        self.memory_bytes()
        return seconds

    def ran_seconds(self) -> float:
        """As `cpu_seconds`, but to the nanosecond where Linux counts so, and not to its tick, a hundredth of a second.

        It is for differences over a while in which no thread of the server ends.
        """
        try:
            tasks = [task for each in self.family() for task in Path(f"/proc/{each.pid}/task").iterdir()]
            return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
        except OSError:
            return self.cpu_seconds()

    def memory_bytes(self) -> int:
        """What it takes of the memory now, its children included."""
        size = 0
        for process in self.family():
            with suppress(psutil.NoSuchProcess):
                size += process.memory_info().rss
        self.peak_bytes = max(self.peak_bytes, size)
        return size

    def pause(self) -> None:
        """Take nothing of the machine until it is resumed."""
        for process in self.family():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def resume(self) -> None:
        """Go on."""
        for process in self.family():
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def said(self) -> str:
        """The end of its log, and how it ended if it has; a negative status is a signal."""
        status, text = self.ended(), self.log.read_text(encoding="utf-8", errors="replace")[-3000:]
        return text if status is None else f"{text}({self.name} ended with status {status})"


@contextmanager
def paused(servers: Iterable[Server]) -> Iterator[None]:
    """While the block runs, these take nothing of the machine."""
    these = list(servers)
    for each in these:
        each.pause()
    try:
        yield
    finally:
        for each in these:
            each.resume()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    *,
    port: int,
    log: Path,
    environment: Mapping[str, str],
    folder: Path | None = None,
    ready: str = "/",
) -> Iterator[Server]:
    """The server of that command, as soon as it answers at its port; gone afterwards, with its children."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(os.environ) | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Not in the shell's: when that ends while one is paused, Linux hangs up on all of them, and Node goes.
            start_new_session=True,
            preexec_fn=ends_with_its_parent(signal.SIGKILL),
        )
    server = Server(name, port, psutil.Process(process.pid), log, process.poll)
    try:
        _wait(server, process, ready)
        yield server
    finally:
        _stop(server, process)


def _wait(server: Server, process: "subprocess.Popen[bytes]", ready: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerFailed(f"{server.name} ended: {server.said()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{ready}", timeout=2):
                return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            time.sleep(0.05)
    raise ServerFailed(f"{server.name} did not start: {server.said()}")


def _stop(server: Server, process: "subprocess.Popen[bytes]") -> None:
    family = server.family()
    server.resume()
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for child in family[1:]:
        with suppress(psutil.NoSuchProcess):
            child.kill()

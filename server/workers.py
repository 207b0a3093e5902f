"""Several workers: processes that serve one address, replaced when they die, gone when their supervisor is."""

import asyncio
import multiprocessing
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from uvicorn import Config
from uvicorn.supervisors.multiprocess import Multiprocess, Process

# Also of one that is starting, which says nothing while it imports: on a busy machine that takes long.
MOST_SILENT_SECONDS = 60.0
SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 5.0

log = structlog.get_logger("waybill")


class Supervisor(Multiprocess):
    """uvicorn's, but patient: a worker is given up when it was silent for a minute, and asked without waiting for it.

    Once it has served, a worker that cannot start is tried again, for its database may be away; uvicorn would stop all
    the others. `has_failed` says whether it stopped because none could start.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config, sockets=[config.bind_socket()])
        self.has_failed = False
        self._has_served = False
        self._heard: dict[Process, float] = {}
        self._served: set[Process] = set()
        self._pause, self._not_before = 0.0, 0.0

    def keep_subprocess_alive(self) -> None:
        """Replace the workers that have died, or are silent."""
        self._heard = {process: self._heard.get(process, time.monotonic()) for process in self.processes}
        self._served.intersection_update(self.processes)
        for index, process in enumerate(self.processes):
            if not self._lives(process) and not self.should_exit.is_set() and time.monotonic() >= self._not_before:
                self._replace(index, process)

    def _lives(self, process: Process) -> bool:
        if not process.process.is_alive():
            return False
        try:
            process.parent_conn.send(b"ping")
            while process.parent_conn.poll():
                if process.parent_conn.recv():
                    self._has_served = True
                    self._served.add(process)
                self._heard[process] = time.monotonic()
        except (OSError, EOFError):
            return False
        return time.monotonic() - self._heard[process] < MOST_SILENT_SECONDS

    def _replace(self, index: int, process: Process) -> None:
        # Whoever is killed from outside, however early, could have started: it says nothing about the others.
        was_killed = not process.process.is_alive() and (process.exitcode or 0) < 0
        process.kill()
        process.join()
        if not self._has_served and not was_killed:
            self.has_failed = True
            self.should_exit.set()
            return
        longer = min(max(2 * self._pause, SHORTEST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
        self._pause = 0.0 if process in self._served else longer
        self._not_before = time.monotonic() + self._pause
        log.warning("worker.replaced", pid=process.pid, exitcode=process.exitcode)
        self.processes[index] = Process(self.config, self.sockets)
        self.processes[index].start()


@contextmanager
def ending_with_supervisor() -> Iterator[None]:
    """A worker whose supervisor is gone (kill -9) stops as if it had been told to: nobody else would stop it."""
    parent = multiprocessing.parent_process()
    if parent is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.remove_reader(parent.sentinel)
        log.warning("worker.orphaned")
        signal.raise_signal(signal.SIGTERM)

    loop.add_reader(parent.sentinel, stop)
    try:
        yield
    finally:
        loop.remove_reader(parent.sentinel)

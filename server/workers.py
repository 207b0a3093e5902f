"""Several workers: processes that serve one address, replaced when they die, gone when their supervisor is."""

import asyncio
import multiprocessing
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from uvicorn import Config
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess, Process

LONGEST_PAUSE_SECONDS = 5.0

log = structlog.get_logger("waybill")


class Supervisor(Multiprocess):
    """uvicorn's, but once it has served, a worker that cannot start is tried again: its database may be away.

    uvicorn would stop all the others. `has_failed` says whether it stopped because the first could not start.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config, sockets=[config.bind_socket()])
        self.has_failed = False
        self._has_served = False
        self._pause, self._not_before = 0.0, 0.0

    def keep_subprocess_alive(self) -> None:
        """Replace the workers that have died, or do not answer any more."""
        patience = self.config.timeout_worker_healthcheck
        for index, process in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if process.is_alive(timeout=patience):
                self._has_served = self._has_served or process.is_ready(timeout=patience)
            elif time.monotonic() >= self._not_before:
                self._replace(index, process)

    def _replace(self, index: int, process: Process) -> None:
        process.kill()
        process.join()
        if process.exitcode == STARTUP_FAILURE:
            if not self._has_served:
                self.has_failed = True
                self.should_exit.set()
                return
            self._pause = min(max(2 * self._pause, 0.5), LONGEST_PAUSE_SECONDS)
        else:
            self._pause = 0.0
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

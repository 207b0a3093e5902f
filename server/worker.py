"""The worker: does the jobs that follow facts, ends what its time ends, and sweeps away what is long past it."""

import asyncio
import os
import random
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from domain.kernel import idempotency, jobs
from domain.kernel.database import current_connection, database_now
from domain.kernel.log import sweep_stock
from domain.kernel.models import JobRow
from domain.kernel.runner import Runner
from domain.reactions import TIMERS, Reaction, Timer, UnknownReaction
from domain.uploads import service as uploads

AT_ONCE = 10
# Less than the lease, so that a job is never in two hands.
LONGEST_JOB_SECONDS = jobs.LEASE.total_seconds() - 10
SWEEP_SECONDS = 60.0
TIMER_SECONDS = 2.0
LONGEST_PAUSE_SECONDS = 30.0
LONGEST_ERROR = 500

log = structlog.get_logger("waybill")

Sweeper = Callable[[datetime], Awaitable[int]]
SWEEPERS: Mapping[str, Sweeper] = {
    "jobs": jobs.sweep,
    "idempotency_keys": idempotency.sweep,
    "uploads": uploads.sweep,
    "stock_log": sweep_stock,
}


def worker_name() -> str:
    """A name for the leases of this worker, unlike that of any other."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


@dataclass
class Worker:
    """Does due jobs, one after the other, until it is told to stop; any number of workers share the work."""

    runner: Runner
    reactions: Mapping[str, Reaction]
    sweepers: Mapping[str, Sweeper] = field(default_factory=lambda: SWEEPERS)
    timers: Mapping[str, Timer] = field(default_factory=lambda: TIMERS)
    poll_seconds: float = 1.0
    name: str = field(default_factory=worker_name)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        """Finish the job at hand, and take no other."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped. What fails is logged, and tried again after a growing pause."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._again_and_again("worker.work_failed", self.work, self.poll_seconds))
            tasks.create_task(self._again_and_again("worker.sweep_failed", self.sweep, SWEEP_SECONDS))
            tasks.create_task(self._again_and_again("worker.timer_failed", self.keep_time, TIMER_SECONDS))

    async def work(self) -> int:
        """Do the jobs that are due, at most ten; how many there were."""
        claimed = await jobs.claim(self.name, limit=AT_ONCE)
        for done, job in enumerate(claimed):
            if self._stopping.is_set():
                await self._give_back(claimed[done:])
                break
            if await jobs.renew(job):  # the jobs before it may have taken longer than its lease
                await self._do(job)
        return len(claimed)

    async def sweep(self) -> int:
        """Forget what is past its time. Nothing is due at once after it."""
        now = await database_now(current_connection())
        for name, forget in self.sweepers.items():
            if count := await forget(now):
                log.info("sweep.done", what=name, count=count)
        return 0

    async def keep_time(self) -> int:
        """Do what is due by the clock; how much that was: more may be due at once."""
        counts = {name: await act(self.runner) for name, act in self.timers.items()}
        for name, count in counts.items():
            if count:
                log.info("timer.done", what=name, count=count)
        return sum(counts.values())

    async def _do(self, job: JobRow) -> None:
        try:
            reaction = self.reactions.get(job.kind)
            if reaction is None:
                raise UnknownReaction("this version has no reaction of this kind")
            async with asyncio.timeout(LONGEST_JOB_SECONDS):
                await reaction(self.runner, job.payload)
        except Exception as error:
            log.warning(
                "job.failed", kind=job.kind, job=job.id.hex, attempt=job.attempts, exception=type(error).__name__
            )
            await jobs.fail(job, f"{type(error).__name__}: {error}"[:LONGEST_ERROR])
        else:
            await jobs.finish(job)

    async def _give_back(self, claimed: Sequence[JobRow]) -> None:
        """Free the leases, so that another worker need not wait until they run out; nothing was attempted."""
        await JobRow.filter(id__in=[job.id for job in claimed], leased_by=self.name, status="RUNNING").update(
            status="QUEUED", leased_by=None, leased_until=None
        )

    async def _again_and_again(self, failed: str, act: Callable[[], Awaitable[int]], seconds: float) -> None:
        pause = seconds
        while not self._stopping.is_set():
            try:
                is_more_due = await act() >= AT_ONCE
                pause = 0.0 if is_more_due else seconds
            except Exception as error:
                pause = min(max(pause, seconds) * 2, max(seconds, LONGEST_PAUSE_SECONDS))
                log.warning(failed, exception=type(error).__name__, next_in_seconds=pause)
            await self._wait(pause * random.uniform(0.8, 1))

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass

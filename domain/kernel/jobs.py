"""Jobs: durable work that follows a fact. Claimed with a lease, retried with back-off, dead-lettered; never lost."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from domain.kernel.database import database_now
from domain.kernel.models import JobRow

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 12
LONGEST_DELAY = timedelta(hours=6)
KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True)
class NewJob:
    """Work to be done not before `run_at`; the payload holds references only."""

    kind: str
    payload: dict[str, Any]
    run_at: datetime


def rows_of(new: Sequence[NewJob], now: datetime) -> list[JobRow]:
    """The rows of these jobs, to be written in the transaction that makes them necessary."""
    return [JobRow(kind=each.kind, payload=each.payload, run_at=each.run_at, created_at=now) for each in new]


async def claim(worker: str, *, limit: int = 10) -> list[JobRow]:
    """Due jobs, now leased to this worker and to no other; a job whose lease ran out (its worker died) is due again.

    A job that has used up its attempts without ever reporting back becomes DEAD instead.
    """
    async with in_transaction() as connection:
        now = await database_now(connection)
        due = Q(status="QUEUED", run_at__lte=now) | Q(status="RUNNING", leased_until__lt=now)
        found = await JobRow.filter(due).order_by("run_at", "id").limit(limit).select_for_update(skip_locked=True)
        spent = [job.id for job in found if job.attempts >= MOST_ATTEMPTS]
        await JobRow.filter(id__in=spent).update(
            status="DEAD", finished_at=now, last_error="Its worker died each time.", leased_by=None, leased_until=None
        )
        claimed = [job for job in found if job.attempts < MOST_ATTEMPTS]
        for job in claimed:
            job.status, job.attempts = "RUNNING", job.attempts + 1
            job.leased_by, job.leased_until = worker, now + LEASE
            await job.save(update_fields=["status", "attempts", "leased_by", "leased_until"])
        return claimed


async def renew(job: JobRow) -> bool:
    """Lease it anew, before it is begun; False when another worker has it meanwhile."""
    async with in_transaction() as connection:
        return bool(await _mine(job).update(leased_until=await database_now(connection) + LEASE))


async def finish(job: JobRow) -> None:
    """It is done. Says nothing when the lease was lost meanwhile: the other worker's word counts."""
    async with in_transaction() as connection:
        await _mine(job).update(
            status="DONE", finished_at=await database_now(connection), leased_by=None, leased_until=None
        )


async def fail(job: JobRow, error: str) -> None:
    """It failed: try again after a growing pause, or give it up as DEAD after 12 attempts, to be looked at."""
    async with in_transaction() as connection:
        now = await database_now(connection)
        if job.attempts >= MOST_ATTEMPTS:
            await _mine(job).update(status="DEAD", finished_at=now, last_error=error, leased_by=None, leased_until=None)
        else:
            await _mine(job).update(
                status="QUEUED",
                run_at=now + back_off(job.attempts),
                last_error=error,
                leased_by=None,
                leased_until=None,
            )


async def revive(job: JobRow) -> None:
    """Give a DEAD job all its attempts again."""
    async with in_transaction() as connection:
        now = await database_now(connection)
        await JobRow.filter(id=job.id, status="DEAD").update(status="QUEUED", attempts=0, run_at=now, finished_at=None)


async def sweep(now: datetime) -> int:
    """Forget jobs that were done more than a week ago; how many. DEAD ones stay."""
    return await JobRow.filter(status="DONE", finished_at__lt=now - KEPT_FOR).delete()


def back_off(attempts: int) -> timedelta:
    """2, 4, 8 … seconds after each attempt, at most 6 hours, shortened by up to a half by chance."""
    longest = min(timedelta(seconds=2**attempts), LONGEST_DELAY)
    return longest * random.uniform(0.5, 1)


def _mine(job: JobRow) -> Any:
    return JobRow.filter(id=job.id, status="RUNNING", leased_by=job.leased_by, attempts=job.attempts)

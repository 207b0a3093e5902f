"""Jobs: claimed once, tried again, given up, and never lost."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel import jobs
from domain.kernel.database import current_connection, database_now
from domain.kernel.errors import InvalidInput
from domain.kernel.models import JobRow, LogRow
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders.models import OrderRow
from server.database import Database, open_database
from tests.domain.shop import column, open_shop, place, run

ROOT = Path(__file__).parent.parent.parent


async def enqueue(tx: UnitOfWork, count: int) -> int:
    """So many jobs, each a second after the one before it, all due."""
    for n in range(count):
        tx.later("labor", {"n": n}, after=timedelta(seconds=n - count))
    return count


async def enqueue_and_refuse(tx: UnitOfWork, count: int) -> int:
    await enqueue(tx, count)
    raise InvalidInput("No.")


async def let_leases_run_out() -> None:
    past = await database_now(current_connection()) - timedelta(seconds=1)
    await JobRow.filter(status="RUNNING").update(leased_until=past)


async def make_all_due() -> None:
    await JobRow.all().update(run_at=await database_now(current_connection()) - timedelta(seconds=1))


async def test_a_job_is_claimed_once_however_many_workers_ask(database: Database) -> None:
    await run(enqueue, 30)
    claimed = await asyncio.gather(*(jobs.claim(f"worker-{n}", limit=5) for n in range(10)))
    claimed += [await jobs.claim("late", limit=30)]
    ids = [job.id for some in claimed for job in some]
    assert len(ids) == len(set(ids)) == 30
    assert await jobs.claim("too late") == []


async def test_what_is_due_longest_is_claimed_first_and_what_is_not_due_is_not(database: Database) -> None:
    await run(enqueue, 3)
    last = await JobRow.all().order_by("-run_at").first()
    assert last is not None
    await JobRow.filter(id=last.id).update(run_at=last.created_at + timedelta(hours=1))
    assert [job.payload["n"] for job in await jobs.claim("worker")] == [0, 1]


async def test_a_job_of_a_flow_that_was_refused_does_not_exist(database: Database) -> None:
    with pytest.raises(InvalidInput):
        await run(enqueue_and_refuse, 3)
    assert await JobRow.all().count() == 0


async def test_a_job_whose_worker_died_is_done_by_another_and_the_dead_ones_word_does_not_count(
    database: Database,
) -> None:
    await run(enqueue, 1)
    [lost] = await jobs.claim("dead")
    assert await jobs.claim("other") == []
    await let_leases_run_out()
    [taken] = await jobs.claim("other")
    assert (taken.id, taken.attempts, taken.leased_by) == (lost.id, 2, "other")
    await jobs.finish(lost)
    await jobs.fail(lost, "Late news.")
    assert (await JobRow.get()).status == "RUNNING"
    await jobs.finish(taken)
    done = await JobRow.get()
    assert done.status == "DONE"
    assert {done.leased_by, done.leased_until, done.last_error} == {None}


async def test_a_job_that_fails_waits_longer_each_time_and_is_dead_after_twelve_attempts(database: Database) -> None:
    await run(enqueue, 1)
    for attempt in range(1, 13):
        [job] = await jobs.claim("worker")
        assert job.attempts == attempt
        before = await database_now(current_connection())
        await jobs.fail(job, f"Failure {attempt}.")
        failed = await JobRow.get()
        assert failed.last_error == f"Failure {attempt}."
        if attempt < 12:
            assert failed.status == "QUEUED"
            assert failed.run_at - before >= timedelta(seconds=2**attempt) / 2
            assert await jobs.claim("worker") == []
            await make_all_due()
    assert (failed.status, failed.finished_at is not None) == ("DEAD", True)
    await make_all_due()
    assert await jobs.claim("worker") == []
    assert await jobs.sweep(before + timedelta(days=365)) == 0
    await jobs.revive(failed)
    [again] = await jobs.claim("worker")
    assert again.attempts == 1


async def test_a_job_that_kills_its_worker_each_time_is_dead_after_twelve_attempts(database: Database) -> None:
    await run(enqueue, 1)
    for _ in range(12):
        assert len(await jobs.claim("worker")) == 1
        await let_leases_run_out()
    assert await jobs.claim("worker") == []
    dead = await JobRow.get()
    assert (dead.status, dead.last_error) == ("DEAD", "Its worker died each time.")


async def test_jobs_that_are_done_are_forgotten_after_a_week(database: Database) -> None:
    await run(enqueue, 2)
    [first, _] = await jobs.claim("worker")
    await jobs.finish(first)
    now = await database_now(current_connection())
    assert await jobs.sweep(now) == 0
    assert await jobs.sweep(now + timedelta(days=8)) == 1
    assert await column(JobRow.all(), "status") == ["RUNNING"]


@given(st.integers(1, 40))
def test_a_pause_is_at_most_six_hours_and_at_least_half_of_its_length(attempts: int) -> None:
    length = min(timedelta(seconds=2**attempts), timedelta(hours=6))
    assert length / 2 <= jobs.back_off(attempts) <= length


async def laborer(url: str, how: str) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "tests.domain.laborer", url, how)
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)


async def test_work_that_a_kill_cut_off_is_done_by_another_process_and_done_once(database_url: str) -> None:
    async def labor(tx: UnitOfWork, order_ids: list[UUID]) -> int:
        for order_id in order_ids:
            tx.later("labor", {"order_id": order_id.hex})
        return len(order_ids)

    async with open_database(database_url):
        await open_shop({"MUG": (9,)})
        order_ids = [await place({"MUG": 1}) for _ in range(3)]
        await run(labor, order_ids)
    killed = await laborer(database_url, "hang")
    assert killed.stdout
    assert (await killed.stdout.readline()).startswith(b"began ")
    killed.kill()
    await killed.communicate()
    async with open_database(database_url):
        assert await JobRow.filter(status="RUNNING").count() == 3
        assert await OrderRow.filter(note__isnull=False).count() == 0
        await let_leases_run_out()
    finished = await laborer(database_url, "finish")
    said, _ = await finished.communicate()
    assert finished.returncode == 0
    assert len(said.split(b"\n")) == 4
    async with open_database(database_url):
        assert await JobRow.all().values_list("status", "attempts") == [("DONE", 2)] * 3
        assert await column(OrderRow.all(), "note") == ["done;"] * 3
        assert await LogRow.filter(actor="system").count() == 3

"""The worker: jobs are done once, failures come again later, and a stop loses nothing."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.kernel import jobs
from domain.kernel.bell import SilentBell
from domain.kernel.models import JobRow
from domain.kernel.runner import Runner
from domain.kernel.sets import insert
from domain.reactions import Reaction
from domain.reservations.models import ReservationRow
from server.app import working
from server.database import Database
from server.worker import Worker
from tests.domain.shop import let_its_time_pass, open_shop, reserve

PAST = datetime(2026, 1, 1, tzinfo=UTC)


def worker(**reactions: Reaction) -> Worker:
    return Worker(Runner(SilentBell()), reactions, poll_seconds=0.05)


async def enqueue(kind: str, **payload: Any) -> None:
    await insert(jobs.rows_of([jobs.NewJob(kind, payload, PAST)], PAST))


async def test_a_due_job_is_done_once_with_its_payload(database: Database) -> None:
    done: list[Any] = []

    async def note(_runner: Runner, payload: Mapping[str, Any]) -> None:
        done.append(payload)

    await enqueue("note", order_id="1")
    working_one = worker(note=note)
    assert [await working_one.work(), await working_one.work()] == [1, 0]
    assert done == [{"order_id": "1"}]
    assert await JobRow.filter(status="DONE", attempts=1).count() == 1


async def test_a_job_that_fails_is_queued_again_for_later_and_says_why(database: Database) -> None:
    async def fail(_runner: Runner, _payload: Mapping[str, Any]) -> None:
        raise ValueError("the gateway is away")

    await enqueue("fail")
    await worker(fail=fail).work()
    job = await JobRow.get()
    assert (job.status, job.attempts, job.last_error) == ("QUEUED", 1, "ValueError: the gateway is away")
    assert job.run_at > PAST


async def test_a_job_of_an_unknown_kind_waits_for_a_version_that_knows_it(database: Database) -> None:
    await enqueue("of_tomorrow")
    await worker().work()
    job = await JobRow.get()
    assert (job.status, job.last_error) == ("QUEUED", "UnknownReaction: this version has no reaction of this kind")


async def test_a_worker_that_is_stopped_finishes_its_job_and_gives_the_others_back(database: Database) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def wait(_runner: Runner, _payload: Mapping[str, Any]) -> None:
        begun.set()
        await may_end.wait()

    await enqueue("wait")
    await enqueue("wait")
    stopped = worker(wait=wait)
    async with working(stopped, patience_seconds=10):
        await begun.wait()
        stopped.stop()
        may_end.set()
    assert await JobRow.filter(status="DONE").count() == 1
    left = await JobRow.get(status="QUEUED")
    assert (left.leased_by, left.leased_until) == (None, None)


async def test_a_worker_outlives_an_error_of_its_own(database: Database) -> None:
    tried, again = 0, asyncio.Event()

    async def failing(_now: datetime) -> int:
        nonlocal tried
        tried += 1
        raise ConnectionError("the database is away")

    async def note(_runner: Runner, _payload: Mapping[str, Any]) -> None:
        again.set()

    robust = Worker(Runner(SilentBell()), {"note": note}, {"failing": failing}, poll_seconds=0.05)
    async with working(robust, patience_seconds=10):
        await enqueue("note")
        async with asyncio.timeout(20):
            await again.wait()
    assert tried == 1


async def test_what_is_past_its_time_is_swept_away(database: Database) -> None:
    async def nothing(_runner: Runner, _payload: Mapping[str, Any]) -> None:
        pass

    await enqueue("nothing")
    swept = worker(nothing=nothing)
    await swept.work()
    await swept.sweep()
    assert await JobRow.all().count() == 1
    await JobRow.all().update(finished_at=datetime.now(UTC) - timedelta(days=8))
    await swept.sweep()
    assert await JobRow.all().count() == 0


async def test_a_job_that_another_worker_took_meanwhile_is_left_to_it(database: Database) -> None:
    done: list[Any] = []

    async def note_other(_runner: Runner, payload: Mapping[str, Any]) -> None:
        done.append(("other", payload["n"]))

    async def take_long(_runner: Runner, payload: Mapping[str, Any]) -> None:
        """The lease of the job behind this one runs out meanwhile."""
        done.append(("first", payload["n"]))
        await JobRow.filter(kind="note").update(leased_until=PAST)
        assert await worker(note=note_other).work() == 1

    async def note_first(_runner: Runner, payload: Mapping[str, Any]) -> None:
        done.append(("first", payload["n"]))

    slow, behind = jobs.NewJob("take_long", {"n": 1}, PAST), jobs.NewJob("note", {"n": 2}, PAST + timedelta(seconds=1))
    await insert(jobs.rows_of([slow, behind], PAST))
    assert await worker(take_long=take_long, note=note_first).work() == 2
    assert done == [("first", 1), ("other", 2)]
    assert await JobRow.all().order_by("run_at").values_list("status", "attempts") == [("DONE", 1), ("DONE", 2)]


async def test_what_time_ends_is_ended_by_any_worker_within_its_next_look_at_the_clock(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    basket = await reserve({"MUG": 5})
    await let_its_time_pass(basket)
    assert [await worker().keep_time() for _ in range(2)] == [1, 0]
    assert (await ReservationRow.get(id=basket)).status == "EXPIRED"


async def test_a_running_worker_looks_at_the_clock_by_itself(database: Database) -> None:
    looked = asyncio.Event()

    async def look(_runner: Runner) -> int:
        looked.set()
        return 0

    keeping = Worker(Runner(SilentBell()), {}, {}, {"look": look}, poll_seconds=0.05)
    async with working(keeping, patience_seconds=10), asyncio.timeout(20):
        await looked.wait()

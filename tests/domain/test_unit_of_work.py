"""The unit of work: one flow, one commit; refused, rehearsed, cancelled or repeated, never half."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tortoise.exceptions import IntegrityError

from domain.kernel.bell import Ring
from domain.kernel.errors import Busy, InvalidInput
from domain.kernel.ids import new_id
from domain.kernel.models import JobRow, LogRow
from domain.kernel.runner import Runner
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.orders import service as orders
from domain.orders.events import OrderConfirmed
from domain.orders.models import OrderRow
from server.database import POOL_SIZE, Database, open_database
from tests.domain.shop import ADMIN, RUNNER, column, dump, open_shop, order, place, run


@dataclass
class Counting:
    """A bell that remembers its rings."""

    rings: list[Ring] = field(default_factory=list)

    def ring(self, rings: Any) -> None:
        self.rings += rings


async def rename(tx: UnitOfWork, order_id: UUID) -> UUID:
    """A change, a fact and a job."""
    found = await orders.lock(tx, order_id)
    await OrderRow.filter(id=found.id).update(note="Renamed.")
    tx.record(OrderConfirmed(found.id))
    tx.later("nothing", {"order_id": found.id.hex})
    return found.id


async def rename_and_refuse(tx: UnitOfWork, order_id: UUID) -> UUID:
    await rename(tx, order_id)
    raise InvalidInput("No.")


async def rename_and_break(tx: UnitOfWork, order_id: UUID) -> UUID:
    await rename(tx, order_id)
    raise ZeroDivisionError


async def an_order() -> UUID:
    await open_shop({"MUG": (50,)})
    return await place({"MUG": 1})


async def test_change_fact_and_job_are_committed_together_and_then_the_bell_rings(database: Database) -> None:
    order_id = await an_order()
    before, bell = await order(order_id), Counting()
    outcome = await Runner(bell).run(rename, ADMIN, order_id)
    after = await order(order_id)
    assert (outcome.value, outcome.replayed) == (order_id, False)
    assert (after.note, after.version) == ("Renamed.", before.version + 1)
    assert (await LogRow.get(order_id=order_id, sequence=after.version)).actor == "staff:ada"
    assert await column(JobRow.all(), "kind") == ["nothing"]
    assert bell.rings == [Ring(order_id, after.version)]


@pytest.mark.parametrize(("flow", "error"), [(rename_and_refuse, InvalidInput), (rename_and_break, ZeroDivisionError)])
async def test_what_is_refused_or_breaks_writes_nothing_enqueues_nothing_and_rings_nobody(
    database: Database, flow: Any, error: type[Exception]
) -> None:
    order_id = await an_order()
    before, bell = await dump(), Counting()
    with pytest.raises(error):
        await Runner(bell).run(flow, ADMIN, order_id, key="k")
    assert await dump() == before
    assert bell.rings == []


async def test_a_dry_run_says_what_would_be_and_writes_nothing(database: Database) -> None:
    order_id = await an_order()
    before, bell = await dump(), Counting()
    outcome = await Runner(bell).run(rename, ADMIN, order_id, key="k", dry_run=True)
    assert outcome.value == order_id
    assert await dump() == before
    assert bell.rings == []


async def test_a_flow_whose_caller_is_cancelled_still_commits_and_rings_and_leaks_no_connection(
    database: Database,
) -> None:
    order_id = await an_order()
    version = (await order(order_id)).version
    begun, go_on, bell = asyncio.Event(), asyncio.Event(), Counting()

    async def slow(tx: UnitOfWork, request: UUID) -> UUID:
        begun.set()
        await go_on.wait()
        return await rename(tx, request)

    for n in range(1, POOL_SIZE + 3):
        begun.clear()
        go_on.clear()
        caller = asyncio.create_task(Runner(bell).run(slow, ADMIN, order_id))
        await begun.wait()
        caller.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert (await order(order_id)).version == version + n
        assert len(bell.rings) == n
    async with asyncio.timeout(10):
        await asyncio.gather(*(RUNNER.run(rename, ADMIN, order_id) for _ in range(POOL_SIZE)))


async def test_two_flows_that_lock_two_orders_in_opposite_order_both_succeed_on_postgresql(
    postgres_database: Database,
) -> None:
    await open_shop({"MUG": (50,)})
    first, second = await place({"MUG": 1}), await place({"MUG": 1})
    attempts, both_hold_one = 0, asyncio.Barrier(2)

    async def crosswise(tx: UnitOfWork, pair: tuple[UUID, UUID]) -> UUID:
        nonlocal attempts
        attempts += 1
        await orders.lock(tx, pair[0])
        if attempts <= 2:
            await both_hold_one.wait()
        await orders.lock(tx, pair[1])
        tx.record(OrderConfirmed(pair[0]), OrderConfirmed(pair[1]))
        return pair[0]

    before = [(await order(each)).version for each in (first, second)]
    await asyncio.gather(run(crosswise, (first, second)), run(crosswise, (second, first)))
    assert attempts == 3, "one was the deadlock's victim, and was run again"
    assert [(await order(each)).version for each in (first, second)] == [version + 2 for version in before]


async def test_who_loses_the_race_for_a_name_is_run_again_and_sees_the_winner(database: Database) -> None:
    await open_shop()
    seen = []

    async def take(tx: UnitOfWork, code: str) -> UUID:
        found = await LocationRow.get_or_none(code=code)
        seen.append(found is not None)
        if found:
            return found.id
        if seen == [False]:
            # A twin that this attempt did not see: what a concurrent commit looks like to it.
            await LocationRow.create(id=new_id(), **vars_of(code))
        row = await LocationRow.create(id=new_id(), **vars_of(code))
        return row.id

    def vars_of(code: str) -> dict[str, Any]:
        keep = ("name", "kind", "legal_entity", "time_zone", "country_code", "postal_code", "city", "street")
        return {name: getattr(template, name) for name in keep} | {"code": code}

    template = await LocationRow.get(code="north")
    await run(take, "east")
    assert seen == [False, False]
    assert await LocationRow.filter(code="east").count() == 1


async def test_who_always_loses_gives_up_after_six_attempts_with_a_refusal_that_may_be_retried(
    database: Database,
) -> None:
    order_id = await an_order()
    attempts = 0

    async def always_deadlocked(tx: UnitOfWork, request: UUID) -> UUID:
        nonlocal attempts
        attempts += 1
        await LogRow.create(order_id=request, sequence=99, type="X", data={}, actor="x", occurred_at=tx.now)
        raise asyncpg.DeadlockDetectedError

    before = await dump()
    with pytest.raises(Busy) as refused:
        await run(always_deadlocked, order_id)
    assert refused.value.retryable
    assert attempts == 6
    assert await dump() == before


@pytest.mark.usefixtures("database")
async def test_a_unique_key_that_is_taken_every_time_is_a_missing_check_and_no_race() -> None:
    order_id = await an_order()

    async def always_twice(tx: UnitOfWork, request: UUID) -> UUID:
        for _ in range(2):
            await LogRow.create(order_id=request, sequence=99, type="X", data={}, actor="x", occurred_at=tx.now)
        return request

    before = await dump()
    with pytest.raises(IntegrityError):
        await run(always_twice, order_id)
    assert await dump() == before


async def test_who_waits_too_long_for_a_lock_is_told_to_come_back_on_postgresql(postgres_database_url: str) -> None:
    async with open_database(postgres_database_url, lock_timeout_seconds=0.1):
        order_id = await an_order()
        held, release = asyncio.Event(), asyncio.Event()

        async def hold(tx: UnitOfWork, request: UUID) -> UUID:
            await orders.lock(tx, request)
            held.set()
            await release.wait()
            return request

        holder = asyncio.create_task(run(hold, order_id))
        await held.wait()
        with pytest.raises(Busy):
            await run(rename, order_id)
        release.set()
        await holder
        assert (await order(order_id)).note is None


async def test_a_flow_inside_a_flow_is_a_mistake(database: Database) -> None:
    order_id = await an_order()

    async def nested(tx: UnitOfWork, request: UUID) -> UUID:
        return await run(rename, request)

    before = await dump()
    with pytest.raises(AssertionError, match="a flow inside a flow"):
        await run(nested, order_id)
    assert await dump() == before


async def test_time_is_the_databases_and_one_for_all_that_a_flow_writes(database: Database) -> None:
    order_id = await an_order()
    seen = []

    async def look(tx: UnitOfWork, request: UUID) -> UUID:
        seen.append(tx.now)
        tx.record(OrderConfirmed(request), OrderConfirmed(request))
        return request

    await run(look, order_id)
    last = await LogRow.filter(order_id=order_id).order_by("-sequence").limit(2)
    assert {row.occurred_at for row in last} == set(seen)
    assert seen[0].utcoffset().total_seconds() == 0  # type: ignore[union-attr]

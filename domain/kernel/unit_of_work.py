"""The unit of work: one flow, one transaction, one commit. Only `Runner.run` opens it, repeats it, or replays it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient
from tortoise.exceptions import ValidationError
from tortoise.transactions import in_transaction

from domain.kernel import idempotency, jobs, log
from domain.kernel.actor import Actor
from domain.kernel.bell import Bell, Ring
from domain.kernel.database import (
    current_connection,
    database_now,
    is_lock_wait_over,
    is_unique_violation,
    is_worth_another_try,
)
from domain.kernel.errors import Busy, InvalidInput
from domain.kernel.events import OrderFact
from domain.kernel.jobs import NewJob

ATTEMPTS = 6
LONGEST_PAUSE_SECONDS = 0.4

RequestT = TypeVar("RequestT")
ValueT = TypeVar("ValueT")


@dataclass
class UnitOfWork:
    """What a flow works with: who asks, the database's time, and the facts and jobs that commit with its writes."""

    actor: Actor
    now: datetime
    connection: BaseDBAsyncClient
    facts: list[OrderFact] = field(default_factory=list)
    jobs: list[NewJob] = field(default_factory=list)

    def record(self, *facts: OrderFact) -> None:
        """These are true when this commits; the caller holds the locks of their orders."""
        self.facts.extend(facts)

    def later(self, kind: str, payload: dict[str, Any], *, after: timedelta = timedelta(0)) -> None:
        """Enqueue a reaction, in the same commit."""
        self.jobs.append(NewJob(kind, payload, self.now + after))


Flow = Callable[[UnitOfWork, RequestT], Awaitable[ValueT]]


@dataclass(frozen=True)
class Outcome(Generic[ValueT]):
    """What a flow gave back; `replayed` when its key had already had its effect."""

    value: ValueT
    replayed: bool = False


class _DryRun(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


@dataclass(frozen=True)
class Runner:
    """Runs flows, each in one transaction, and rings the bell when it has committed."""

    bell: Bell

    async def run(
        self,
        flow: Flow[RequestT, ValueT],
        actor: Actor,
        request: RequestT,
        *,
        key: str | None = None,
        dry_run: bool = False,
    ) -> Outcome[ValueT]:
        """What the flow gave, after its commit; with a `key`, exactly once (the flow's value is then an id).

        Once begun it ends, even when the caller is cancelled: a commit is never cut in half.
        Raises what the flow refuses with, KeyReused, or Busy when it lost every one of its attempts.
        """
        assert not isinstance(current_connection(), TransactionalDBClient), "a flow inside a flow"
        task = asyncio.create_task(self._attempts(flow, actor, request, key, dry_run))
        try:
            outcome, rings = await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task})
            if not task.cancelled() and task.exception() is None:
                self.bell.ring(task.result()[1])
            raise
        self.bell.ring(rings)
        return outcome

    async def _attempts(
        self, flow: Flow[RequestT, ValueT], actor: Actor, request: RequestT, key: str | None, dry_run: bool
    ) -> tuple[Outcome[ValueT], list[Ring]]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await _once(flow, actor, request, key, dry_run)
            except _DryRun as undone:
                return Outcome(undone.value), []
            except ValidationError as error:
                raise InvalidInput("A text is longer than what it is to name.") from error
            except Exception as error:
                if is_lock_wait_over(error):
                    raise Busy from error
                if not is_worth_another_try(error):
                    raise
                if attempt == ATTEMPTS:
                    if is_unique_violation(error):
                        raise  # no race is lost six times: a check is missing, and asking again would not help
                    raise Busy from error
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS * attempt / ATTEMPTS))
        raise AssertionError("unreachable")


async def _once(
    flow: Flow[RequestT, ValueT], actor: Actor, request: RequestT, key: str | None, dry_run: bool
) -> tuple[Outcome[ValueT], list[Ring]]:
    name = flow.__name__  # flows are plain functions
    async with in_transaction() as connection:
        tx = UnitOfWork(actor, await database_now(connection), connection)
        claim = None
        if key is not None and not dry_run:
            claim = await idempotency.claim(actor.principal, key, name, idempotency.fingerprint(name, request), tx.now)
            if claim.outcome is not None:
                return Outcome(cast("ValueT", claim.outcome), replayed=True), []
        value = await flow(tx, request)
        if dry_run:
            raise _DryRun(value)
        rings = await log.append(connection, actor.principal, tx.now, tx.facts)
        await jobs.enqueue(tx.jobs, tx.now)
        if claim is not None:
            assert isinstance(value, UUID), f"{name} takes a key, so it gives back an id"
            await idempotency.bind(claim, value)
        return Outcome(value), rings

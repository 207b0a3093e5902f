"""The runner: opens a flow's transaction, commits it, repeats or replays it, and rings the bell. Nobody else does."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.exceptions import ValidationError
from tortoise.transactions import in_transaction

from domain.kernel import idempotency
from domain.kernel.actor import Actor
from domain.kernel.bell import Bell, Ring
from domain.kernel.database import (
    current_connection,
    database_now,
    is_lock_wait_over,
    is_text_too_long,
    is_unique_violation,
    is_worth_another_try,
)
from domain.kernel.errors import Busy, InvalidInput
from domain.kernel.sharing import SharedTransactions
from domain.kernel.unit_of_work import Flow, Outcome, RequestT, Together, UnitOfWork, ValueT, name_of

ATTEMPTS = 6
LONGEST_PAUSE_SECONDS = 0.4


class _DryRun(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


@dataclass(frozen=True)
class Runner:
    """Runs flows, each in one transaction, and rings the bell when it has committed. One for all that it serves."""

    bell: Bell
    shared: SharedTransactions = field(default_factory=SharedTransactions, compare=False)

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
        if isinstance(flow, Together) and not dry_run:
            shared = await self.shared.run(flow, self.bell, actor, request, key)
            if shared is not None:
                return cast("Outcome[ValueT]", shared)
        task = asyncio.create_task(_attempts(flow, actor, request, key, dry_run))
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
    flow: Flow[RequestT, ValueT], actor: Actor, request: RequestT, key: str | None, dry_run: bool
) -> tuple[Outcome[ValueT], Sequence[Ring]]:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await _once(flow, actor, request, key, dry_run)
        except _DryRun as undone:
            return Outcome(undone.value), []
        except Exception as error:
            if isinstance(error, ValidationError) or is_text_too_long(error):
                raise InvalidInput("A text is longer than what it is to name.") from error
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
) -> tuple[Outcome[ValueT], Sequence[Ring]]:
    name = name_of(flow)
    async with in_transaction() as connection:
        tx = UnitOfWork(actor, await database_now(connection), connection)
        claim = None
        if key is not None and not dry_run:
            wanted = idempotency.Wanted(actor.principal, key, name, idempotency.fingerprint(name, request))
            [claim] = await idempotency.claim([wanted], tx.now)
            if claim.refusal is not None:
                raise claim.refusal
            if claim.outcome is not None:
                return Outcome(cast("ValueT", claim.outcome), replayed=True), []
        value = await flow(tx, request)
        if dry_run:
            await tx.flush()
            raise _DryRun(value)
        rings = await tx.write()
        if claim is not None:
            assert isinstance(value, UUID), f"{name} takes a key, so it gives back an id"
            await idempotency.bind({claim.row_id: value})
        return Outcome(value), rings

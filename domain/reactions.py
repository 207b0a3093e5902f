"""What follows a fact after its commit: kinds of jobs, and the flow that each runs. Safe to run again."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from domain.flows.bulk_stock import StepOfBulk, step_of_bulk
from domain.flows.confirm_order import ExpireOrder, expire_order
from domain.kernel.actor import SYSTEM, Actor
from domain.kernel.runner import Runner

# Well within the lease of a job, also on a busy machine.
BULK_STEPS_A_JOB = 25

Reaction = Callable[[Runner, Mapping[str, Any]], Awaitable[None]]


async def _expire_order(runner: Runner, payload: Mapping[str, Any]) -> None:
    await runner.run(expire_order, SYSTEM, ExpireOrder(UUID(payload["order_id"])))


async def _work_bulk(runner: Runner, payload: Mapping[str, Any]) -> None:
    # The ledger names who asked for it. A worker that dies leaves the rest to whoever takes the job over.
    run_id, asker = UUID(payload["run_id"]), Actor(payload["principal"], SYSTEM.scope)
    for left in reversed(range(BULK_STEPS_A_JOB)):
        step = StepOfBulk(run_id, hands_over=not left)
        if not (await runner.run(step_of_bulk, asker, step)).value:
            return


REACTIONS: Mapping[str, Reaction] = {"expire_order": _expire_order, "work_bulk": _work_bulk}


class UnknownReaction(LookupError):
    """A job of a kind that this version does not know: it is retried, for a newer version may be on its way."""

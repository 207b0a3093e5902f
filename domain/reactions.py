"""What follows a fact after its commit: kinds of jobs, and the flow that each runs; and what time itself brings.

All of it is safe to run again.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from domain.flows.bulk_stock import StepOfBulk, step_of_bulk
from domain.flows.confirm_order import ExpireOrder, expire_order
from domain.flows.end_reservation import ExpireReservations, expire_reservations
from domain.flows.expire_lots import QuarantineExpired, quarantine_expired
from domain.flows.fill_backorders import FillBackorder, FillBackorders, fill_backorder, fill_backorders
from domain.flows.keep_imports import FindLeftImports, find_left_imports
from domain.flows.resolve_shortage import (
    LetReservationGo,
    ResolveShortage,
    SourceOrderAgain,
    let_reservation_go,
    resolve_shortage,
    source_order_again,
)
from domain.imports.queries import is_any_left
from domain.kernel.actor import SYSTEM, Actor
from domain.kernel.database import current_connection, database_now
from domain.kernel.runner import Runner
from domain.reservations.queries import is_any_overdue

# Well within the lease of a job, also on a busy machine.
BULK_STEPS_A_JOB = 25

Reaction = Callable[[Runner, Mapping[str, Any]], Awaitable[None]]


async def _expire_order(runner: Runner, payload: Mapping[str, Any]) -> None:
    await runner.run(expire_order, SYSTEM, ExpireOrder(UUID(payload["order_id"])))


async def _resolve_shortage(runner: Runner, payload: Mapping[str, Any]) -> None:
    await runner.run(resolve_shortage, SYSTEM, ResolveShortage(UUID(payload["level_id"])))


async def _let_reservation_go(runner: Runner, payload: Mapping[str, Any]) -> None:
    request = LetReservationGo(UUID(payload["reservation_id"]), UUID(payload["level_id"]))
    await runner.run(let_reservation_go, SYSTEM, request)


async def _source_order_again(runner: Runner, payload: Mapping[str, Any]) -> None:
    request = SourceOrderAgain(UUID(payload["order_id"]), UUID(payload["level_id"]))
    await runner.run(source_order_again, SYSTEM, request)


async def _quarantine_expired(runner: Runner, payload: Mapping[str, Any]) -> None:
    await runner.run(quarantine_expired, SYSTEM, QuarantineExpired(UUID(payload["lot_id"])))


async def _fill_backorders(runner: Runner, payload: Mapping[str, Any]) -> None:
    await runner.run(fill_backorders, SYSTEM, FillBackorders(UUID(payload["level_id"])))


async def _fill_backorder(runner: Runner, payload: Mapping[str, Any]) -> None:
    await runner.run(fill_backorder, SYSTEM, FillBackorder(UUID(payload["order_id"])))


async def _work_bulk(runner: Runner, payload: Mapping[str, Any]) -> None:
    # The ledger names who asked for it. A worker that dies leaves the rest to whoever takes the job over.
    run_id, asker = UUID(payload["run_id"]), Actor(payload["principal"], SYSTEM.scope)
    for left in reversed(range(BULK_STEPS_A_JOB)):
        step = StepOfBulk(run_id, hands_over=not left)
        if not (await runner.run(step_of_bulk, asker, step)).value:
            return


async def _send_tracking_link(_runner: Runner, _payload: Mapping[str, Any]) -> None:
    """Nothing sends mail yet: staff hear of the wish by TrackingLinkRequested. What sends it will stand here."""


REACTIONS: Mapping[str, Reaction] = {
    "expire_order": _expire_order,
    "resolve_shortage": _resolve_shortage,
    "let_reservation_go": _let_reservation_go,
    "source_order_again": _source_order_again,
    "quarantine_expired": _quarantine_expired,
    "fill_backorders": _fill_backorders,
    "fill_backorder": _fill_backorder,
    "work_bulk": _work_bulk,
    "send_tracking_link": _send_tracking_link,
}


class UnknownReaction(LookupError):
    """A job of a kind that this version does not know: it is retried, for a newer version may be on its way."""


Timer = Callable[[Runner], Awaitable[int]]


async def _expire_reservations(runner: Runner) -> int:
    # Most often there is none: then no transaction is opened for it, which on SQLite would keep the writers waiting.
    if not await is_any_overdue(await database_now(current_connection())):
        return 0
    return (await runner.run(expire_reservations, SYSTEM, ExpireReservations())).value


async def _find_left_imports(runner: Runner) -> int:
    if not await is_any_left(await database_now(current_connection())):
        return 0
    return (await runner.run(find_left_imports, SYSTEM, FindLeftImports())).value


TIMERS: Mapping[str, Timer] = {"reservations": _expire_reservations, "imports": _find_left_imports}
"""What is done when its time has come, looked at every two seconds by every worker; each says how much it did."""

"""The unit of work: what a flow works with in its one transaction, and which flows may share theirs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient

from domain.kernel import jobs, log
from domain.kernel.actor import Actor
from domain.kernel.bell import STOCK, Ring
from domain.kernel.errors import DomainError
from domain.kernel.events import Fact, OrderFact, StockFact
from domain.kernel.ids import new_id
from domain.kernel.jobs import NewJob
from domain.kernel.rows import Row
from domain.kernel.sets import Addition, Changed, write

RequestT = TypeVar("RequestT")
ValueT = TypeVar("ValueT")


@dataclass
class UnitOfWork:
    """What a flow works with: who asks, the database's time, and what commits with its writes: rows, facts, jobs."""

    actor: Actor
    now: datetime
    connection: BaseDBAsyncClient
    facts: list[OrderFact] = field(default_factory=list)
    stock_facts: list[StockFact] = field(default_factory=list)
    jobs: list[NewJob] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    addition: Addition | None = None
    # Where several share the transaction: who asked for which new order.
    askers: dict[UUID, Actor] = field(default_factory=dict)
    # The rows of orders that are written at the end, with the version that the facts give them.
    heads: dict[UUID, Any] = field(default_factory=dict)
    changed: dict[UUID, Changed] = field(default_factory=dict)

    def record(self, *facts: Fact) -> None:
        """These are true when this commits; the caller holds the locks of their orders and levels."""
        for fact in facts:
            if isinstance(fact, StockFact):
                self.stock_facts.append(fact)
            else:
                self.facts.append(fact)

    def later(self, kind: str, payload: dict[str, Any], *, after: timedelta = timedelta(0)) -> None:
        """Enqueue a reaction, in the same commit."""
        self.jobs.append(NewJob(kind, payload, self.now + after))

    def add(self, *rows: Row) -> None:
        """Insert these with everything else at the end, in one statement, parents first: nothing reads them before."""
        self.rows.extend(rows)

    def add_units(self, addition: Addition) -> None:
        """Add to counters of locked rows with everything else at the end. Once: what is seen of them is old then."""
        assert self.addition is None, "counters that wait to be changed are changed again"
        self.addition = addition if addition.units else None

    def begin(self, order: Row, asker: Actor) -> None:
        """Insert this order at the end, whose stream begins with what is recorded about it here."""
        self.heads[order.id], self.askers[order.id] = order, asker
        self.rows.append(order)

    def change(self, row: Row, *columns: str) -> None:
        """Write these columns of a locked row with everything else at the end: the flow's last word on them."""
        known = self.changed.get(row.id, Changed(row))
        assert known.row is row, "two of one row"
        self.changed[row.id] = Changed(row, tuple(sorted({*known.columns, *columns})))

    def settle(self, order: Row, *columns: str) -> None:
        """Write these columns of the locked order at the end, together with its version: the flow's last word on it."""
        assert self.heads.get(order.id, order) is order, "two rows of one order"
        self.heads[order.id] = order
        self.change(order, *columns, *log.HEAD)

    def principal(self, order_id: UUID | None) -> str:
        """Who does it to this order: the name for its audit records."""
        asker = self.askers.get(order_id) if order_id else None
        return (asker or self.actor).principal

    async def flush(self) -> None:
        """Write what was added and settled so far, but for versions: what follows in this transaction reads it."""
        await write(self.rows, self.changed.values(), self.addition)
        self.addition = None
        for written in (self.rows, self.changed, self.heads):
            written.clear()

    async def write(self) -> Sequence[Ring]:
        """Write what was added, recorded and enqueued: the last thing before the commit. Where each stream now ends."""
        entries, rings = await log.entries(self.facts, self.principal, self.now, self.heads)
        about_stock = await log.stock_entries(self.stock_facts, self.actor.principal, self.now)
        rows = [*self.rows, *entries, *about_stock, *jobs.rows_of(self.jobs, self.now)]
        await write(rows, self.changed.values(), self.addition)
        # A ring for an order has both feeds looked at.
        return [Ring(STOCK, 0)] if about_stock and not rings else rings


Flow = Callable[[UnitOfWork, RequestT], Awaitable[ValueT]]


@dataclass(frozen=True)
class Outcome(Generic[ValueT]):
    """What a flow gave back; `replayed` when its key had already had its effect."""

    value: ValueT
    replayed: bool = False


@dataclass(frozen=True)
class Asked(Generic[RequestT]):
    """A request, who asks it, and the id of what it makes, if it makes something."""

    actor: Actor
    request: RequestT
    id: UUID = field(default_factory=new_id)


# Does what several ask in one transaction: for each its id or its refusal, and a refused one leaves no trace. It asks
# for every actor's permission itself, and says to `tx` who asked for which order.
FlowOfMany = Callable[[UnitOfWork, Sequence[Asked[RequestT]]], Awaitable[list[UUID | DomainError]]]


@dataclass(frozen=True)
class Together(Generic[RequestT]):
    """A flow of one, which may share its transaction with others like it that arrive at the same time.

    `weigh` says how much of a transaction's time a request takes: those that together weigh too much do not share.
    """

    name: str
    many: FlowOfMany[RequestT]
    weigh: Callable[[RequestT], int]

    async def __call__(self, tx: UnitOfWork, request: RequestT) -> UUID:
        [outcome] = await self.many(tx, [Asked(tx.actor, request)])
        if isinstance(outcome, DomainError):
            raise outcome
        return outcome


def name_of(flow: Callable[..., Any]) -> str:
    """The name of a flow: a plain function's own, or the one it was given."""
    return flow.name if isinstance(flow, Together) else flow.__name__

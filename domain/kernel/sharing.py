"""Shared transactions: requests that arrive while others are carried out go together in the next one.

One commit for many takes the queue off a hot row, and its fsync is shared. Each is all or nothing as if it were alone,
with an answer, a refusal, a key and events of its own. Whatever else goes wrong, its members run again one by one.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tortoise.transactions import in_transaction

from domain.kernel import idempotency
from domain.kernel.actor import ANONYMOUS, Actor
from domain.kernel.bell import Bell, Ring
from domain.kernel.database import database_now, is_worth_another_try
from domain.kernel.errors import Busy, DomainError
from domain.kernel.unit_of_work import Asked, Outcome, Together, UnitOfWork

MOST_TOGETHER = 64
HEAVIEST = 400  # of what the flow weighs: order lines, for placing orders
AT_ONCE = 2  # the next one is prepared while the last one waits for its commit
LONGEST_HELD_SECONDS = 0.1  # for company
NOT_SPLIT = 8  # so few go together, whatever else is under way
MOST_WAITING = 2_000


@dataclass(eq=False)
class _Member:
    """A request that waits for its transaction. Its answer is None when it has to run alone."""

    flow: Together[Any]
    asked: Asked[Any]
    bell: Bell
    key: str | None
    weight: int
    answer: asyncio.Future[Outcome[UUID] | None]


@dataclass
class SharedTransactions:
    """What waits to be carried out together, in this process."""

    _waiting: deque[_Member] = field(default_factory=deque)
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _begun: int = 0  # how many requests are being carried out
    _is_forming: bool = False  # the next one is about to take its members
    _patience: asyncio.TimerHandle | None = None

    async def run(
        self, flow: Together[Any], bell: Bell, actor: Actor, request: Any, key: str | None
    ) -> Outcome[UUID] | None:
        """What became of the request, after its commit; None when it has to run alone. Raises its refusal.

        Cancelled before it is begun it is never done; afterwards it is carried out to the end.
        """
        if len(self._waiting) >= MOST_WAITING:
            raise Busy
        answer: asyncio.Future[Outcome[UUID] | None] = asyncio.get_running_loop().create_future()
        member = _Member(flow, Asked(actor, request), bell, key, flow.weigh(request), answer)
        self._waiting.append(member)
        self._go_on()
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            if member in self._waiting:
                self._waiting.remove(member)
            else:
                await asyncio.wait({answer})
                if not answer.cancelled():
                    answer.exception()  # nobody is left to be told
            raise

    def _go_on(self) -> None:
        """Begin the next one if it is time.

        Beside one that is under way, when there are as many: few would pay for statements that many can share. But
        what holds that one up is not to hold up these.
        """
        if not self._waiting or self._is_forming or len(self._running) >= AT_ONCE:
            return
        if self._running and len(self._waiting) < self._begun:
            if self._patience is None:
                loop = asyncio.get_running_loop()
                self._patience = loop.call_later(LONGEST_HELD_SECONDS, self._begin)
            return
        self._begin()

    def _begin(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if self._waiting and not self._is_forming and len(self._running) < AT_ONCE:
            self._is_forming = True
            # In a context of its own: it belongs to none of the requests that it carries out.
            task = asyncio.get_running_loop().create_task(self._carry_out(), context=Context())
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._go_on()

    async def _carry_out(self) -> None:
        try:
            await asyncio.sleep(0)  # those that arrived in the same turn come along
        finally:
            self._is_forming = False
        members = self._next()
        if members:
            self._begun += len(members)
            self._go_on()
            try:
                await self._share(members)
            finally:
                self._begun -= len(members)

    async def _share(self, members: Sequence[_Member]) -> None:
        batch = _Batch(members)
        try:
            rings, outcomes = await batch.carry_out()
        except BaseException as error:
            # What failed before its COMMIT is undone, and may run again. What became of a COMMIT that was not answered
            # nobody knows: then each is told so, as it would be alone.
            is_undone = not batch.is_committing or is_worth_another_try(error)
            for member in members:
                _settle(member, None if is_undone else error)
            if not isinstance(error, Exception):
                raise
            return
        members[0].bell.ring(rings)
        for member, outcome in zip(members, outcomes, strict=True):
            _settle(member, outcome)

    def _next(self) -> list[_Member]:
        """Those that share the next transaction: of one flow, not too heavy, and no key twice.

        A twin waits for the first to commit, and is then answered by what it did. Nor more than a fair share of all
        that there are: where one took everything, the others would have nothing to do meanwhile.
        """
        share = -(-(len(self._waiting) + self._begun) // AT_ONCE)
        most = min(max(share, NOT_SPLIT), MOST_TOGETHER)
        found: list[_Member] = []
        later: list[_Member] = []
        weight, keys = 0, set[tuple[str, str]]()
        while self._waiting and len(found) < most:
            member = self._waiting.popleft()
            name = (member.asked.actor.principal, member.key or "")
            fits = not found or (member.flow is found[0].flow and weight + member.weight <= HEAVIEST)
            if not fits or (member.key is not None and name in keys):
                later.append(member)
                if not fits:
                    break
                continue
            keys.add(name)
            found.append(member)
            weight += member.weight
        self._waiting.extendleft(reversed(later))
        return found


def _settle(member: _Member, outcome: Outcome[UUID] | BaseException | None) -> None:
    if member.answer.done():
        return
    if isinstance(outcome, asyncio.CancelledError):
        member.answer.cancel()
    elif isinstance(outcome, BaseException):
        member.answer.set_exception(outcome)
    else:
        member.answer.set_result(outcome)


@dataclass
class _Batch:
    """The members of one transaction."""

    members: Sequence[_Member]
    is_committing: bool = False

    async def carry_out(self) -> tuple[Sequence[Ring], list[Outcome[UUID] | DomainError]]:
        """What became of each, after the commit."""
        members, outcomes = self.members, dict[int, Outcome[UUID] | DomainError]()
        async with in_transaction() as connection:
            # Whoever is meant is said with each request: this one may do nothing.
            tx = UnitOfWork(ANONYMOUS, await database_now(connection), connection)
            claims = await _claims(members, tx)
            for n, claim in claims.items():
                if claim.refusal is not None:
                    outcomes[n] = claim.refusal
                elif claim.outcome is not None:
                    outcomes[n] = Outcome(claim.outcome, replayed=True)
            fresh = [n for n in range(len(members)) if n not in outcomes]
            found = await members[0].flow.many(tx, [members[n].asked for n in fresh]) if fresh else []
            done = dict(zip(fresh, found, strict=True))
            rings = await tx.write()
            await _let_keys_go(members, claims, done)
            self.is_committing = True
        for n, value in done.items():
            outcomes[n] = Outcome(value) if isinstance(value, UUID) else value
        return rings, [outcomes[n] for n in range(len(members))]


async def _let_keys_go(
    members: Sequence[_Member], claims: Mapping[int, idempotency.Claim], done: Mapping[int, UUID | DomainError]
) -> None:
    """Leave the keys of what was refused free, and bind those of what was done, but where the claim said it already."""
    held = {n: value for n, value in done.items() if n in claims}
    if refused := [claims[n].row_id for n, value in held.items() if isinstance(value, DomainError)]:
        await idempotency.release(refused)
    effects = {n: value for n, value in held.items() if isinstance(value, UUID) and value != members[n].asked.id}
    if effects:
        await idempotency.bind({claims[n].row_id: value for n, value in effects.items()})


async def _claims(members: Sequence[_Member], tx: UnitOfWork) -> dict[int, idempotency.Claim]:
    """The claims of those that brought a key."""
    wanted = {
        n: idempotency.Wanted(
            member.asked.actor.principal,
            member.key,
            member.flow.name,
            idempotency.fingerprint(member.flow.name, member.asked.request),
            member.asked.id,
        )
        for n, member in enumerate(members)
        if member.key is not None
    }
    claims = await idempotency.claim(list(wanted.values()), tx.now) if wanted else []
    return dict(zip(wanted, claims, strict=True))

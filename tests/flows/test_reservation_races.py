"""Reservations that several want to end, or to keep, at the same moment: each ends once, and the books balance."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from domain.flows.end_reservation import (
    ExpireReservations,
    ReleaseReservation,
    expire_reservations,
    release_reservation,
)
from domain.flows.extend_reservation import ExtendReservation, extend_reservation
from domain.flows.place_orders import place_order
from domain.flows.reserve_stock import ReserveLine, ReserveStock, reserve_stock
from domain.kernel.actor import SYSTEM
from domain.kernel.bell import SilentBell
from domain.kernel.database import current_connection
from domain.kernel.errors import DomainError, IllegalTransition
from domain.kernel.models import StockLogRow
from domain.kernel.runner import Runner
from domain.kernel.unit_of_work import UnitOfWork
from domain.reservations import service as reservations
from domain.reservations.errors import ReservationOver
from domain.reservations.models import ReservationLineRow, ReservationRow
from domain.stock import service as stock
from domain.stock.errors import InsufficientStock
from domain.stock.models import StockMovementRow
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.shop import ADMIN, CHANNEL, let_its_time_pass, level, open_shop, order_for, reserve, run

Act = Callable[[], Awaitable[object]]


async def place_elsewhere(reservation_id: UUID | None, units: int = 2) -> UUID:
    """An order in a transaction of its own, as another process would place it."""
    request = order_for({"MUG": units}, reservation_id=reservation_id)
    return (await Runner(SilentBell()).run(place_order, ADMIN, request)).value


async def race(*acts: Awaitable[object]) -> list[object]:
    """What each gave, or was refused with. Asserts that nobody failed in another way."""
    outcomes = await asyncio.gather(*acts, return_exceptions=True)
    for each in outcomes:
        if isinstance(each, BaseException) and not isinstance(each, DomainError):
            raise each
    return outcomes


async def assert_ended_once(reservation_id: UUID) -> str:
    """How it ended: told once, and its units left `reserved` once."""
    it = await ReservationRow.get(id=reservation_id)
    facts = [each.type for each in await StockLogRow.filter(subject_id=reservation_id)]
    ends = [each for each in facts if each not in ("ReservationMade", "ReservationExtended")]
    assert ends == [f"Reservation{it.status.value.title()}"]
    assert it.ended_at is not None
    assert (it.order_id is not None) == (it.status == "TAKEN")
    moved = await StockMovementRow.filter(subject_id=reservation_id)
    assert sum(each.reserved for each in moved) == 0
    assert await ReservationLineRow.filter(reservation_id=reservation_id, held__gt=0).count() == 0
    return str(it.status.value)


async def somebody_waits() -> None:
    """Until another connection waits for a lock that this transaction holds."""
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    async with asyncio.timeout(20):
        while not await current_connection().execute_query_dict(waiting):
            pass


async def behind(flow: Callable[[UnitOfWork, UUID], Awaitable[UUID]], name: UUID, act: Act) -> list[object]:
    """What `act` gives that begins while the flow is at it; the flow commits when the other waits for it."""
    begun = asyncio.Event()

    async def first(tx: UnitOfWork, name: UUID) -> UUID:
        done = await flow(tx, name)
        begun.set()
        await somebody_waits()
        return done

    holding = asyncio.create_task(run(first, name))
    await begun.wait()
    [outcome] = await race(act())
    await holding
    return [outcome]


async def promise_an_hour_later(tx: UnitOfWork, reservation_id: UUID) -> UUID:
    """Another basket takes the units, by a clock that is an hour ahead."""
    tx.now += timedelta(hours=1)
    made = await reserve_stock(tx, ReserveStock(CHANNEL, (ReserveLine("MUG", 4),)))
    assert made != reservation_id
    return made


async def test_a_reservation_is_taken_once_by_orders_of_several_transactions(postgres_database: Database) -> None:
    shop = await open_shop({"MUG": (9,)})
    made = await reserve({"MUG": 2})
    outcomes = await race(*(place_elsewhere(made) for _ in range(4)))
    [order_id] = [each for each in outcomes if isinstance(each, UUID)]
    over = [each for each in outcomes if isinstance(each, ReservationOver)]
    assert [each.status for each in over] == ["TAKEN"] * 3
    assert (await ReservationRow.get(id=made)).order_id == order_id
    assert await assert_ended_once(made) == "TAKEN"
    shelf = await level("MUG", shop.north)
    assert (shelf.allocated, shelf.reserved) == (2, 0)
    await assert_books_balance()


async def test_a_reservation_is_either_taken_or_released(postgres_database: Database) -> None:
    shop = await open_shop({"MUG": (50,)})
    ends = []
    for _ in range(6):
        made = await reserve({"MUG": 2})
        took, gave_up, again = await race(
            place_elsewhere(made),
            run(release_reservation, ReleaseReservation(made)),
            run(release_reservation, ReleaseReservation(made)),
        )
        ends.append(await assert_ended_once(made))
        assert isinstance(took, UUID if ends[-1] == "TAKEN" else ReservationOver)
        released = [each for each in (gave_up, again) if isinstance(each, UUID)]
        assert len(released) == (0 if ends[-1] == "TAKEN" else 1)
        assert all(isinstance(each, UUID | IllegalTransition) for each in (gave_up, again))
    shelf = await level("MUG", shop.north)
    assert (shelf.allocated, shelf.reserved) == (2 * ends.count("TAKEN"), 0)
    await assert_books_balance()


async def test_an_overdue_reservation_expires_once_whoever_wants_it(postgres_database: Database) -> None:
    shop = await open_shop({"MUG": (20,)})
    late = [await reserve({"MUG": 2}) for _ in range(8)]
    for each in late:
        await let_its_time_pass(each)
    sweeps = [run(expire_reservations, ExpireReservations(limit=3), actor=SYSTEM) for _ in range(5)]
    takes = [place_elsewhere(each) for each in late[:3]]
    orders = [place_elsewhere(None) for _ in range(3)]
    outcomes = await race(*sweeps, *takes, *orders)
    swept = sum(each for each in outcomes[:5] if isinstance(each, int))
    swept += await run(expire_reservations, ExpireReservations(), actor=SYSTEM)
    assert swept == 8
    assert all(isinstance(each, ReservationOver) and each.status == "EXPIRED" for each in outcomes[5:8])
    assert all(isinstance(each, UUID) for each in outcomes[8:])
    assert [await assert_ended_once(each) for each in late] == ["EXPIRED"] * 8
    shelf = await level("MUG", shop.north)
    assert (shelf.allocated, shelf.reserved) == (6, 0)
    await assert_books_balance()


async def test_an_order_that_waited_while_its_units_were_given_to_others_takes_nothing(
    postgres_database: Database,
) -> None:
    await open_shop({"MUG": (4,)})
    made = await reserve({"MUG": 4})
    [refusal] = await behind(promise_an_hour_later, made, lambda: place_elsewhere(made, 4))
    assert isinstance(refusal, ReservationOver)
    assert refusal.status == "EXPIRED"
    assert await ReservationLineRow.filter(reservation_id=made).values_list("held") == [(0,)]
    await assert_books_balance()


async def test_a_reservation_cannot_be_extended_that_waited_while_its_units_were_given_to_others(
    postgres_database: Database,
) -> None:
    await open_shop({"MUG": (4,)})
    made = await reserve({"MUG": 4})
    until = (await ReservationRow.get(id=made)).expires_at
    [refusal] = await behind(promise_an_hour_later, made, lambda: run(extend_reservation, ExtendReservation(made, 120)))
    assert isinstance(refusal, ReservationOver)
    assert refusal.status == "EXPIRED"
    assert (await ReservationRow.get(id=made)).expires_at == until
    await assert_books_balance()


async def test_who_promises_after_an_extension_finds_the_units_held(postgres_database: Database) -> None:
    shop = await open_shop({"MUG": (4,)})
    made = await reserve({"MUG": 4})

    async def extend(tx: UnitOfWork, name: UUID) -> UUID:
        return await extend_reservation(tx, ExtendReservation(name, 120))

    [refusal] = await behind(extend, made, lambda: run(promise_an_hour_later, made))
    assert isinstance(refusal, InsufficientStock)
    assert (await level("MUG", shop.north)).reserved == 4
    await assert_books_balance()


async def test_who_promises_after_the_order_took_its_units_gives_nothing_back(postgres_database: Database) -> None:
    shop = await open_shop({"MUG": (9,)})
    made = await reserve({"MUG": 4})

    async def take(tx: UnitOfWork, name: UUID) -> UUID:
        return await place_order(tx, order_for({"MUG": 4}, reservation_id=name))

    [other] = await behind(take, made, lambda: run(promise_an_hour_later, made))
    assert isinstance(other, UUID)
    shelf = await level("MUG", shop.north)
    assert (shelf.allocated, shelf.reserved) == (4, 4)
    assert await assert_ended_once(made) == "TAKEN"
    await assert_books_balance()


async def test_who_sweeps_leaves_alone_what_somebody_is_ending(postgres_database: Database) -> None:
    await open_shop({"MUG": (4,)})
    made = await reserve({"MUG": 4})
    await let_its_time_pass(made)
    is_locked, may_go_on = asyncio.Event(), asyncio.Event()

    async def release_slowly(tx: UnitOfWork, name: UUID) -> UUID:
        await reservations.lock(tx, name)
        is_locked.set()
        await may_go_on.wait()
        return await release_reservation(tx, ReleaseReservation(name))

    releasing = asyncio.create_task(run(release_slowly, made))
    await is_locked.wait()
    assert await run(expire_reservations, ExpireReservations(), actor=SYSTEM) == 0
    may_go_on.set()
    await releasing
    assert await assert_ended_once(made) == "RELEASED"
    await assert_books_balance()


async def test_baskets_and_orders_of_the_same_goods_in_any_order_never_deadlock_to_failure(
    postgres_database: Database,
) -> None:
    shop = await open_shop({"MUG": (30, 30), "TEE": (30, 30), "CAP": (30, 30)})
    skus = ("MUG", "TEE", "CAP")
    made = [await reserve({skus[n % 3]: 2, skus[(n + 1) % 3]: 2}) for n in range(12)]
    for each in made[:4]:
        await let_its_time_pass(each)

    async def take(n: int) -> UUID:
        units = {skus[(n + 1) % 3]: 3, skus[n % 3]: 1}
        return (await Runner(SilentBell()).run(place_order, ADMIN, order_for(units, reservation_id=made[n]))).value

    outcomes = await race(
        *(take(n) for n in range(4, 8)),
        *(run(extend_reservation, ExtendReservation(each)) for each in made[8:10]),
        *(run(release_reservation, ReleaseReservation(each)) for each in made[10:]),
        *(reserve({skus[n]: 1, skus[n - 1]: 1}) for n in range(3)),
        run(expire_reservations, ExpireReservations(), actor=SYSTEM),
    )
    assert [each for each in outcomes if isinstance(each, BaseException)] == []
    await run(expire_reservations, ExpireReservations(), actor=SYSTEM)
    ended = [await assert_ended_once(each) for each in [*made[:8], *made[10:]]]
    assert ended == ["EXPIRED"] * 4 + ["TAKEN"] * 4 + ["RELEASED"] * 2
    levels = [await level(sku, place) for sku in skus for place in shop.places[:2]]
    assert sum(each.allocated for each in levels) == 16
    assert sum(each.reserved for each in levels) == 2 * 4 + 3 * 2
    await assert_books_balance()


async def test_a_line_is_counted_once_by_two_who_end_it(postgres_database: Database) -> None:
    """Below the locks of reservations stands the guard of each line: what ended gives nothing back again."""
    await open_shop({"MUG": (4,)})
    made = await reserve({"MUG": 4})

    async def end_twice(_tx: UnitOfWork, name: UUID) -> list[int]:
        [line] = await reservations.lines_of([name])
        await stock.lock_each([line.level_id])
        return [sum(each.units for each in await reservations.end_lines([name])) for _ in range(2)]

    assert await run(end_twice, made) == [4, 0]

"""Orders that arrive together share one transaction, each all or nothing as if it were alone."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from domain.flows.adjust_stock import AdjustStock, adjust_stock
from domain.flows.place_orders import place_order, place_orders
from domain.flows.placement import Component, PlaceLine, PlaceOrder
from domain.kernel.actor import ANONYMOUS, Actor, Role, customer, staff
from domain.kernel.bell import SilentBell
from domain.kernel.database import current_connection
from domain.kernel.errors import DomainError, KeyReused, Unauthenticated
from domain.kernel.ids import new_id
from domain.kernel.models import IdempotencyRow, LogRow
from domain.kernel.runner import Runner
from domain.kernel.unit_of_work import Asked, Outcome, Together, UnitOfWork
from domain.orders.models import OrderRow
from domain.stock.errors import InsufficientStock
from domain.stock.models import MovementCause, StockMovementRow
from server.database import Database
from tests.domain.books import assert_books_balance, assert_whole
from tests.domain.shop import ADMIN, CHANNEL, column, dump, level, open_shop, order_for, run
from tests.flows.test_statements import counted

BOB = staff("bob", Role.ADMIN)


class Shop:
    """A counter at which several ask at the same moment."""

    def __init__(self) -> None:
        self.runner = Runner(SilentBell())
        self.asking: list[asyncio.Task[Outcome[UUID]]] = []

    def asks(self, request: PlaceOrder, *, actor: Actor = ADMIN, key: str | None = None) -> asyncio.Task[Outcome[UUID]]:
        task = asyncio.create_task(self.runner.run(place_order, actor, request, key=key))
        self.asking.append(task)
        return task

    async def answers(self) -> list[Outcome[UUID] | BaseException]:
        return await asyncio.gather(*self.asking, return_exceptions=True)


def placed(answers: Sequence[Outcome[UUID] | BaseException]) -> list[UUID]:
    return [each.value for each in answers if isinstance(each, Outcome)]


def refused(answers: Sequence[Outcome[UUID] | BaseException]) -> list[type[BaseException]]:
    return [type(each) for each in answers if isinstance(each, BaseException)]


async def test_a_few_orders_that_arrive_together_are_written_in_one_transaction(postgres_database: Database) -> None:
    await open_shop({"MUG": (100,)})
    shop = Shop()
    with counted() as sent:
        for n in range(8):
            shop.asks(order_for({"MUG": 1}), key=f"basket {n}")
        assert len(set(placed(await shop.answers()))) == 8
    assert len([each for each in sent if 'INSERT INTO "orders"' in each]) == 1
    assert len(sent) == 5


async def test_many_orders_that_arrive_together_are_written_in_two_transactions_of_the_same_size(
    postgres_database: Database,
) -> None:
    await open_shop({"MUG": (100,)})
    shop = Shop()
    with counted() as sent:
        for n in range(40):
            shop.asks(order_for({"MUG": 1}), key=f"basket {n}")
        orders = placed(await shop.answers())
    assert len(set(orders)) == 40
    assert len([each for each in sent if 'INSERT INTO "orders"' in each]) == 2
    assert len(sent) == 10
    assert sorted(Counter(await column(OrderRow.all(), "recorded_at")).values()) == [20, 20]
    for order_id in orders:
        await assert_whole(order_id, 1)
    await assert_books_balance()


class Counted:
    """A flow that notes how many share each of its transactions; the first of them waits until it is let go."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.has_begun, self.may_end = asyncio.Event(), asyncio.Event()
        self.flow = Together("counted", self.many, weigh=lambda _request: 1)
        self.runner = Runner(SilentBell())

    async def many(self, _tx: UnitOfWork, asked: Sequence[Asked[str]]) -> list[UUID | DomainError]:
        self.sizes.append(len(asked))
        if len(self.sizes) == 1:
            self.has_begun.set()
            await self.may_end.wait()
        return [each.id for each in asked]

    def asks(self, count: int) -> list[asyncio.Task[Outcome[UUID]]]:
        return [asyncio.create_task(self.runner.run(self.flow, ADMIN, "it")) for _ in range(count)]


async def test_few_that_arrive_beside_many_go_together_when_those_have_ended(
    postgres_database: Database,
) -> None:
    counting = Counted()
    first = counting.asks(8)
    await counting.has_begun.wait()
    later = [task for _ in range(3) for task in counting.asks(1)]
    await asyncio.sleep(0)
    counting.may_end.set()
    await asyncio.gather(*first, *later)
    assert counting.sizes == [8, 3]


async def test_few_do_not_wait_for_many_that_are_held_up(postgres_database: Database) -> None:
    counting = Counted()
    first = counting.asks(8)
    await counting.has_begun.wait()
    await asyncio.gather(*counting.asks(3))
    assert counting.sizes == [8, 3]
    assert not any(task.done() for task in first)
    counting.may_end.set()
    await asyncio.gather(*first)


async def test_as_many_begin_beside_those_that_are_under_way(postgres_database: Database) -> None:
    counting = Counted()
    first = counting.asks(8)
    await counting.has_begun.wait()
    await asyncio.gather(*counting.asks(8))
    assert counting.sizes == [8, 8]
    counting.may_end.set()
    await asyncio.gather(*first)


async def test_the_refused_among_them_leave_no_trace_and_their_keys_free(database: Database) -> None:
    shelves = await open_shop({"MUG": (5,)})
    shop = Shop()
    for n, units in enumerate((2, 4, 3, 1)):
        shop.asks(order_for({"MUG": units}), key=f"basket {n}")
    answers = await shop.answers()
    assert refused(answers) == [InsufficientStock, InsufficientStock]
    assert len(placed(answers)) == 2
    assert (await level("MUG", shelves.north)).allocated == 5
    assert set(await column(IdempotencyRow.all(), "key")) == {"basket 0", "basket 2"}
    await run(adjust_stock, AdjustStock("MUG", shelves.north, 10, is_receipt=True))
    again = await shop.asks(order_for({"MUG": 4}), key="basket 1")
    assert not again.replayed
    await assert_books_balance()


async def test_when_all_are_refused_nothing_changes(database: Database) -> None:
    await open_shop({"MUG": (1,)})
    before, shop = await dump(), Shop()
    for n in range(3):
        shop.asks(order_for({"MUG": 2}), key=f"basket {n}")
    assert refused(await shop.answers()) == [InsufficientStock] * 3
    assert await dump() == before


async def test_twins_in_one_batch_have_one_effect_and_the_second_is_told_of_it(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    shop = Shop()
    for _ in range(3):
        shop.asks(order_for({"MUG": 1}), key="basket")
    answers = [each for each in await shop.answers() if isinstance(each, Outcome)]
    assert [each.replayed for each in answers] == [False, True, True]
    assert len({each.value for each in answers}) == 1
    assert await OrderRow.all().count() == 1


async def test_a_key_that_names_two_intentions_in_one_batch_is_refused_for_the_second(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    shop = Shop()
    shop.asks(order_for({"MUG": 1}), key="basket")
    shop.asks(order_for({"MUG": 2}), key="basket")
    shop.asks(order_for({"MUG": 2}), key="basket", actor=BOB)  # the same text by somebody else is another key
    first, second, other = await shop.answers()
    assert isinstance(first, Outcome)
    assert isinstance(second, KeyReused)
    assert isinstance(other, Outcome)
    assert await OrderRow.all().count() == 2


async def test_each_is_booked_for_the_actor_who_asked(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    shop = Shop()
    shop.asks(order_for({"MUG": 1}))
    shop.asks(order_for({"MUG": 1}), actor=BOB)
    shop.asks(order_for({"MUG": 1}), actor=ANONYMOUS)
    shop.asks(order_for({"MUG": 1}), actor=customer(new_id()))
    answers = await shop.answers()
    assert [kind.__name__ for kind in refused(answers)] == [Unauthenticated.__name__, "NotFound"]
    for order_id, actor in zip(placed(answers), ("staff:ada", "staff:bob"), strict=True):
        assert set(await column(LogRow.filter(order_id=order_id), "actor")) == {actor}
        moved = StockMovementRow.filter(order_id=order_id, cause=MovementCause.ALLOCATED)
        assert await column(moved, "actor") == [actor]


async def test_what_breaks_one_of_them_does_not_touch_the_others(database: Database) -> None:
    await open_shop({"MUG": (5,)})

    async def fragile(tx: UnitOfWork, asked: Sequence[Asked[PlaceOrder]]) -> list[UUID | DomainError]:
        if any(each.request.note == "poison" for each in asked):
            raise ZeroDivisionError
        return await place_orders(tx, asked)

    flow, runner = Together("fragile", fragile, weigh=lambda _: 1), Runner(SilentBell())
    notes = ("one", "poison", "two")
    requests = [order_for({"MUG": 1}, note=note) for note in notes]
    answers = await asyncio.gather(*(runner.run(flow, ADMIN, each) for each in requests), return_exceptions=True)
    assert [type(each) for each in answers] == [Outcome, ZeroDivisionError, Outcome]
    assert set(await column(OrderRow.all(), "note")) == {"one", "two"}
    await assert_books_balance()


async def test_a_request_whose_caller_has_gone_before_it_was_begun_is_not_carried_out(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    shop = Shop()
    gone, stays = shop.asks(order_for({"MUG": 1}, note="gone")), shop.asks(order_for({"MUG": 1}, note="stays"))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert await column(OrderRow.all(), "note") == ["stays"]
    assert gone.cancelled()


async def test_a_request_whose_caller_goes_while_it_is_carried_out_is_carried_out_whole(database: Database) -> None:
    await open_shop({"MUG": (5,)})
    begun = asyncio.Event()

    async def slow(tx: UnitOfWork, asked: Sequence[Asked[PlaceOrder]]) -> list[UUID | DomainError]:
        begun.set()
        await asyncio.sleep(0)
        return await place_orders(tx, asked)

    flow, runner = Together("slow", slow, weigh=lambda _: 1), Runner(SilentBell())
    task = asyncio.create_task(runner.run(flow, ADMIN, order_for({"MUG": 1}), key="basket"))
    await begun.wait()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    [order_id] = await column(OrderRow.all(), "id")
    assert (await runner.run(flow, ADMIN, order_for({"MUG": 1}), key="basket")) == Outcome(order_id, replayed=True)
    await assert_books_balance()


BREAK_THE_COMMIT = """
CREATE FUNCTION end_session() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION end_session();
"""


async def test_when_nobody_knows_what_became_of_the_commit_each_is_told_so_and_none_is_carried_out_again(
    postgres_database: Database,
) -> None:
    await open_shop({"MUG": (5,)})
    await current_connection().execute_script(BREAK_THE_COMMIT)
    shop = Shop()
    with counted() as sent:
        for _ in range(3):
            shop.asks(order_for({"MUG": 1}))
        answers = await shop.answers()
    assert not placed(answers)
    assert all(not isinstance(each, DomainError) for each in answers)
    assert len([each for each in sent if 'INSERT INTO "orders"' in each]) == 1
    assert await OrderRow.all().count() == 0


async def test_heavy_requests_do_not_share(postgres_database: Database) -> None:
    await open_shop({"MUG": (5000,)})
    shop = Shop()
    line = order_for({"MUG": 1}).lines[0]
    with counted() as sent:
        for _ in range(3):
            shop.asks(PlaceOrder(CHANNEL, (line,) * 300))
        assert len(placed(await shop.answers())) == 3
    assert len([each for each in sent if 'INSERT INTO "orders"' in each]) == 3


def test_an_order_weighs_as_many_parts_as_its_request_names() -> None:
    parts = tuple(Component(f"PART-{n}", 1) for n in range(30))
    lines = (PlaceLine("SET", 1, components=parts), PlaceLine("MUG", 5), PlaceLine("TEE", 1))
    assert place_order.weigh(PlaceOrder(CHANNEL, lines)) == 32

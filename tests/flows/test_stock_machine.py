"""A machine does every deed in every order that it can think of, and after each of them stock adds up.

WAYBILL_TEST_STEPS=200 WAYBILL_TEST_EXAMPLES=50 lets it think for longer, WAYBILL_TEST_SEED of something else.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from domain.flows.stock_witnesses import disagreeing, disagreeing_requirements
from domain.kernel.errors import DomainError
from domain.stock.models import StockLevelRow
from domain.stock.queries import atp
from server.database import open_database
from tests.domain.books import assert_books_balance
from tests.domain.shop import forget_everything, open_shop
from tests.flows.deeds import chores, orders, repairs, shelves
from tests.flows.deeds.deed import Deed, NothingToDo, World

STEPS = int(os.environ.get("WAYBILL_TEST_STEPS", "50"))
EXAMPLES = int(os.environ.get("WAYBILL_TEST_EXAMPLES", "4"))
SEED = int(os.environ.get("WAYBILL_TEST_SEED", "7"))
OPENING = {"MUG": (6, 4, 2), "TEE": (3, 3, 3)}
DEEDS = (*shelves.DEEDS, *orders.DEEDS, *chores.DEEDS, *repairs.DEEDS)
BOOKS_EVERY = 10
Run = Callable[[Coroutine[Any, Any, Any]], Any]


@dataclass
class House:
    """An open database, in a loop of its own: hypothesis does not wait for anything."""

    run: Run
    seen: Counter[str] = field(default_factory=Counter)


class StockMachine(RuleBasedStateMachine):
    """Its rules are the deeds; see `machine`."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.house, self.steps = house, 0

    @initialize()
    def open(self) -> None:
        self.world = self.house.run(opened())

    def do(self, deed: Deed, draw: Any) -> None:
        """The deed, or its refusal; then what must hold after everything."""
        self.steps += 1
        with_books = self.steps % BOOKS_EVERY == 0
        outcome = self.house.run(done(deed, self.world, draw, with_books=with_books))
        self.house.seen[f"{deed.name}{outcome}"] += 1

    def teardown(self) -> None:
        if self.steps:
            self.house.run(assert_books_balance(is_oversold=True))


async def opened() -> World:
    await forget_everything()
    world = World(await open_shop(OPENING))
    for sku, counts in OPENING.items():
        for place, units in zip(world.shop.places, counts, strict=True):
            world.came(sku, place, units)
    return world


async def done(deed: Deed, world: World, draw: Any, *, with_books: bool) -> str:
    """Nothing when it was done, "?" when it was refused, "-" when there was nothing to do."""
    before, on_hand = await levels(), Counter(world.on_hand)
    outcome = ""
    try:
        await deed.act(world, draw)
    except DomainError:
        outcome = "?"
    except NothingToDo:
        return "-"
    after = await levels()
    if outcome:
        assert world.on_hand == on_hand, f"{deed.name} was refused, and told of units"
        assert {key: vars_of(each) for key, each in after.items()} == {k: vars_of(each) for k, each in before.items()}
    for each in after.values():
        assert each.on_hand == world.on_hand[each.sku, each.location_id], f"{deed.name} lost or invented {each.sku}"
        if not deed.is_fact:
            assert_nothing_was_promised_beyond_atp(before.get(each.id), each)
    assert await disagreeing(list(after)) == [], deed.name
    assert await disagreeing_requirements() == [], deed.name
    if with_books:
        await assert_books_balance(is_oversold=True)
    return outcome


async def levels() -> dict[Any, StockLevelRow]:
    return {each.id: each for each in await StockLevelRow.all()}


def vars_of(level: StockLevelRow) -> dict[str, Any]:
    return {name: getattr(level, name) for name in level._meta.fields_db_projection if name != "updated_at"}


def assert_nothing_was_promised_beyond_atp(before: StockLevelRow | None, after: StockLevelRow) -> None:
    """What is newly allocated or reserved was free, or came, or is given to those who waited for it."""
    before = before or StockLevelRow(sku=after.sku)
    came = max(after.on_hand - before.on_hand, 0)
    waited = max(before.waiting - after.waiting, 0)
    promised = after.allocated + after.reserved - before.allocated - before.reserved
    free = max(atp(before), 0) + came + min(waited, max(atp(before) + before.waiting + came, 0))
    assert promised <= free or promised <= 0, f"{after.sku}: {promised} promised of {free}"


def machine(deeds: tuple[Deed, ...] = DEEDS) -> type[StockMachine]:
    """A machine that knows these deeds, each as often as it weighs."""

    def rule_of(deed: Deed) -> Any:
        def act(self: StockMachine, data: Any) -> None:
            self.do(deed, data.draw)

        act.__name__ = deed.name
        return rule(data=st.data())(act)

    rules = {f"{deed.name}_{n}": rule_of(deed) for deed in deeds for n in range(deed.weight)}
    return type("StockMachine", (StockMachine,), rules)


@contextmanager
def house(url: str) -> Iterator[House]:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        database = open_database(url)
        runner.run(database.__aenter__())
        try:
            yield House(runner.run)
        finally:
            runner.run(database.__aexit__(None, None, None))


def live(url: str, examples: int) -> Counter[str]:
    """Let the machine live so many lives; what it did, and what it was refused."""
    thinking = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    with house(url) as at:
        kind = machine()
        run_state_machine_as_test(hypothesis.seed(SEED)(lambda: kind(at)), settings=thinking)
        return at.seen


@pytest.mark.timeout(60 + EXAMPLES * STEPS)
def test_stock_adds_up_after_every_deed_on_sqlite(sqlite_database_url: str) -> None:
    seen = live(sqlite_database_url, EXAMPLES)
    assert {"place_singles", "pack", "ship", "receive", "lose_movements_and_reconcile"} <= seen.keys(), seen
    print(sum(seen.values()), sorted(seen.items()))


@pytest.mark.timeout(60 + EXAMPLES * STEPS)
def test_stock_adds_up_after_every_deed_on_postgresql(postgres_database_url: str) -> None:
    seen = live(postgres_database_url, max(EXAMPLES // 2, 1))
    assert {"place_singles", "pack", "ship", "receive", "lose_movements_and_reconcile"} <= seen.keys(), seen
    print(sum(seen.values()), sorted(seen.items()))

"""A machine does every deed in every order that it can think of, and after each of them stock adds up.

WAYBILL_TEST_STEPS=200 WAYBILL_TEST_EXAMPLES=50 lets it think for longer, WAYBILL_TEST_SEED of something else.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from domain.catalog.models import BackorderPolicy, VariantRow
from domain.flows.stock_witnesses import disagreeing, disagreeing_requirements
from domain.kernel.errors import DomainError
from domain.stock.models import StockLevelRow
from domain.stock.queries import atp
from server.database import open_database
from tests.domain.books import COUNTERS, assert_books_balance
from tests.domain.moves import declare_kit
from tests.domain.shop import forget_everything, open_shop
from tests.flows.deeds import baskets, chores, facts, orders, repairs, shelves, supplies, transfers
from tests.flows.deeds.deed import Deed, NothingToDo, World

STEPS = int(os.environ.get("WAYBILL_TEST_STEPS", "50"))
EXAMPLES = int(os.environ.get("WAYBILL_TEST_EXAMPLES", "5"))
SEED = int(os.environ.get("WAYBILL_TEST_SEED", "7"))
# What it found it makes as simple as it can, which takes minutes: WAYBILL_TEST_SHRINK=0 shows it as it is.
PHASES = tuple(Phase) if os.environ.get("WAYBILL_TEST_SHRINK", "1") == "1" else (Phase.generate,)
OPENING = {"MUG": (9, 6, 3), "TEE": (9, 6, 6)}
CONCEPTS = (shelves, orders, baskets, transfers, supplies, facts, chores, repairs)
DEEDS = tuple(deed for concept in CONCEPTS for deed in concept.DEEDS)
AS_OFTEN = [deed for deed in DEEDS for _ in range(deed.weight)]
random.Random(1).shuffle(AS_OFTEN)
MOST_WAITING = 6
BOOKS_EVERY, NOTHING = 10, "-"
Run = Callable[[Coroutine[Any, Any, Any]], Any]


@dataclass
class House:
    """An open database, in a loop of its own: hypothesis does not wait for anything."""

    run: Run
    seen: Counter[str] = field(default_factory=Counter)


class StockMachine(RuleBasedStateMachine):
    """One step after another, each a deed; after each of them stock adds up."""

    house: House

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0

    @initialize()
    def open(self) -> None:
        self.world = self.house.run(opened())

    @rule(data=st.data())
    def do(self, data: Any) -> None:
        """Some deed, or the next one for which there is something to do; then what must hold after everything."""
        self.steps += 1
        # The simplest life that hypothesis can think of, which it tries first, is to be a life too.
        first = (data.draw(st.integers(0, len(AS_OFTEN) - 1), label="first") + 7 * self.steps) % len(AS_OFTEN)
        with_books = self.steps % BOOKS_EVERY == 0
        for deed in AS_OFTEN[first:] + AS_OFTEN[:first]:
            note(deed.name)
            outcome = self.house.run(done(deed, self.world, data.draw, with_books=with_books))
            if outcome != NOTHING:
                self.house.seen[f"{deed.name}{outcome}"] += 1
                break

    def teardown(self) -> None:
        if self.steps:
            self.house.run(assert_books_balance(is_oversold=True))


async def opened() -> World:
    await forget_everything()
    world = World(await open_shop(OPENING))
    await declare_kit("CAP", {"MUG": 1, "TEE": 2})
    # Of one SKU some more may be sold than there are.
    await VariantRow.filter(sku="TEE").update(backorder_policy=BackorderPolicy.BACKORDER, backorder_limit=MOST_WAITING)
    for sku, counts in OPENING.items():
        for place, units in zip(world.shop.places, counts, strict=True):
            world.came(sku, place, units)
    return world


async def done(deed: Deed, world: World, draw: Any, *, with_books: bool) -> str:
    """Nothing when it was done, "?" when it was refused, NOTHING when there was nothing to do."""
    before, on_hand = await levels(), Counter(world.on_hand)
    outcome = ""
    try:
        await deed.act(world, draw)
    except DomainError:
        outcome = "?"
    except NothingToDo:
        return NOTHING
    after = await levels()
    if outcome:
        assert world.on_hand == on_hand, f"{deed.name} was refused, and told of units"
        assert_only_overdue_baskets_were_released(before, after)
    for each in after.values():
        assert each.on_hand == world.on_hand[each.sku, each.location_id], f"{deed.name} lost or invented {each.sku}"
        if not deed.is_fact:
            assert_nothing_was_promised_beyond_atp(before.get(each.id), each)
    assert sum(each.waiting for each in after.values() if each.sku == "TEE") <= MOST_WAITING
    assert not any(each.waiting for each in after.values() if each.sku != "TEE")
    assert await disagreeing(list(after)) == [], deed.name
    assert await disagreeing_requirements() == [], deed.name
    if with_books:
        await assert_books_balance(is_oversold=True)
    return outcome


async def levels() -> dict[Any, StockLevelRow]:
    return {each.id: each for each in await StockLevelRow.all()}


def assert_only_overdue_baskets_were_released(
    before: dict[Any, StockLevelRow], after: dict[Any, StockLevelRow]
) -> None:
    """Who is refused changes nothing; but what overdue reservations still held is given back before that is decided."""
    same = [name for name in COUNTERS if name != "reserved"]
    assert after.keys() == before.keys()
    for key, now in after.items():
        assert {name: getattr(now, name) for name in same} == {name: getattr(before[key], name) for name in same}
        assert now.reserved <= before[key].reserved


def assert_nothing_was_promised_beyond_atp(before: StockLevelRow | None, after: StockLevelRow) -> None:
    """What is newly allocated or reserved was free, or came, or is given to those who waited for it."""
    before = before or StockLevelRow(sku=after.sku)
    came = max(after.on_hand - before.on_hand, 0)
    waited = max(before.waiting - after.waiting, 0)
    promised = after.allocated + after.reserved - before.allocated - before.reserved
    free = max(atp(before), 0) + came + min(waited, max(atp(before) + before.waiting + came, 0))
    assert promised <= free or promised <= 0, f"{after.sku}: {promised} promised of {free}"


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
        phases=PHASES,
    )
    with house(url) as at:

        class Machine(StockMachine):
            house = at

        run_state_machine_as_test(hypothesis.seed(SEED)(Machine), settings=thinking)
        return at.seen


@pytest.mark.timeout(60 + EXAMPLES * STEPS)
def test_stock_adds_up_after_every_deed_on_sqlite(sqlite_database_url: str) -> None:
    seen = live(sqlite_database_url, EXAMPLES)
    assert len(seen) > 30, seen
    print(sum(seen.values()), sorted(seen.items()))


@pytest.mark.timeout(60 + EXAMPLES * STEPS)
def test_stock_adds_up_after_every_deed_on_postgresql(postgres_database_url: str) -> None:
    seen = live(postgres_database_url, EXAMPLES)
    assert len(seen) > 30, seen
    print(sum(seen.values()), sorted(seen.items()))

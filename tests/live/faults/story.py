"""One run: a crowd watches, orders change, and everything befalls the servers; then the books are compared."""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from domain.kernel.models import LogRow
from server.database import open_database
from tests.domain.books import assert_books_balance
from tests.domain.shop import ADMIN
from tests.live.faults.crowd import Crowd, bearer, open_shop
from tests.live.faults.house import Fault, House, until
from tests.live.faults.proxy import DECK, Fate, Proxy, proxying
from tests.live.faults.subscriber import faults_of
from tests.live.faults.transports import PATIENCE_SECONDS
from tests.live.faults.writer import Desk, facts_in

SUBSCRIBERS = int(os.environ.get("WAYBILL_TEST_SUBSCRIBERS", "40"))
EVENTS = int(os.environ.get("WAYBILL_TEST_EVENTS", "200"))
SEED = int(os.environ.get("WAYBILL_TEST_SEED") or random.randrange(1_000_000))
ROUNDS = 1 + EVENTS // 20_000
IS_FULL = EVENTS >= 5_000
WRITERS = 8 + EVENTS // 500
DEAD_SECONDS = 0.5
WRITTEN_WITHIN_SECONDS = TOLD_WITHIN_SECONDS = 120 + EVENTS / 10


async def endure(house: House, database_url: str, faults: Sequence[Fault]) -> None:
    """Asserts that every write is an event, that everybody was told of what is theirs, and that nothing is left."""
    async with open_database(database_url):
        crowd = Crowd(await open_shop(max(3, SUBSCRIBERS // 16)), SEED)
    crowd.gather(SUBSCRIBERS)
    await house.start()
    desk = Desk([each.sold for each in crowd.orders], bearer(ADMIN), SEED)
    async with proxying([each.port for each in house.servers], SEED) as proxy:
        story = Story(house, proxy, crowd, desk, database_url)
        try:
            wrong = await story.run([*faults] * ROUNDS)
        finally:
            print(story.told())
    assert wrong == [], "\n".join(wrong)
    assert {*DECK, Fate.REFUSAL} - {Fate.SMOOTH} <= proxy.happened.keys()
    await house.is_left_by_everybody()
    await house.stop()
    assert house.errors() == [], "\n".join(house.errors())
    async with open_database(database_url):
        await assert_books_balance()


@dataclass
class Story:
    """From the first subscriber to the last event."""

    house: House
    proxy: Proxy
    crowd: Crowd
    desk: Desk
    database_url: str
    began: float = field(default_factory=time.monotonic)

    async def run(self, faults: Sequence[Fault]) -> list[str]:
        """What went wrong, in sentences. Raises what ended a subscriber or a writer for good."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=WRITERS)
        url = f"http://127.0.0.1:{self.proxy.port}"
        async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, limits=limits) as client, asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.desk.keep_writing(number, client, url)) for number in range(WRITERS)]
            early, late = self.crowd.by_arrival()
            tasks += [group.create_task(each.keep_watching(client, url)) for each in early]
            async for number in self._go_through(faults):
                tasks += [group.create_task(each.keep_watching(client, url)) for each in late[number :: len(faults)]]
            self.proxy.calm()
            await self._write_until_all_hear()
            wrong = await self._wrong()
            for task in tasks:
                task.cancel()
        return wrong

    async def _go_through(self, faults: Sequence[Fault]) -> AsyncIterator[int]:
        """Each fault comes when half of its share of the writes is done; the other half is written while it lasts."""
        for number, fault in enumerate(faults):
            self.desk.allow(EVENTS * (number + 1) // len(faults) - EVENTS * number // len(faults))
            await self._written(EVENTS * (2 * number + 1) // (2 * len(faults)))
            yield number
            await self.proxy.refuse(DEAD_SECONDS)
            await fault(self.house)
        await self._written(EVENTS)

    async def _written(self, writes: int) -> None:
        await until(lambda: len(self.desk.acknowledged) >= writes, seconds=WRITTEN_WITHIN_SECONDS)

    async def _write_until_all_hear(self) -> None:
        """Who begins with now, and lost each line before anything happened, knows nothing yet, and rightly so."""
        with suppress(TimeoutError):  # who still has heard nothing then is found below
            async with asyncio.timeout(TOLD_WITHIN_SECONDS):
                while not all(each.events for each in self.crowd.subscribers):
                    self.desk.allow(1)
                    await self._written(len(self.desk.acknowledged) + 1)
                    await asyncio.sleep(0.1)

    async def _wrong(self) -> list[str]:
        async with open_database(self.database_url):
            async with asyncio.timeout(TOLD_WITHIN_SECONDS):
                while await LogRow.filter(position__isnull=True).exists():  # noqa: ASYNC110  (a server's relay does it)
                    await asyncio.sleep(0.1)
            there = {f"placed {each.sold.order}" for each in self.crowd.orders}
            made = Counter({fact: n for fact, n in (await facts_in(await LogRow.all())).items() if fact not in there})
            logs = {each: await self.crowd.parts[each.name].events() for each in self.crowd.subscribers}
        with suppress(TimeoutError):  # what is missing is said below
            await until(lambda: all(each.has_heard(log[-1]) for each, log in logs.items()), seconds=TOLD_WITHIN_SECONDS)
        wrong = [sentence for each, log in logs.items() for sentence in faults_of(each, log)]
        if made != Counter(self.desk.acknowledged):
            lost, strange = Counter(self.desk.acknowledged) - made, made - Counter(self.desk.acknowledged)
            wrong.append(f"acknowledged and not in the log: {lost}; in the log and not acknowledged: {strange}")
        return wrong

    def told(self) -> str:
        """The run in a few lines: what happened, how often, in how long a time."""
        everybody = self.crowd.subscribers
        told = sum(len(each.events) for each in everybody)
        reconnects = [max(len(each.connections) - 1, 0) for each in everybody]
        why = sum((each.interruptions for each in everybody), Counter[str]())
        return f"""
WAYBILL_TEST_SEED={SEED}, {time.monotonic() - self.began:.0f} s
{len(everybody)} subscribers of {len(self.crowd.orders)} orders
{len(self.desk.acknowledged)} writes, {self.desk.retries} asked for again, {self.desk.replays} replayed
{told} events told of, {sum(each.repeats for each in everybody)} more than once
{sum(reconnects)} reconnects, {min(reconnects)} to {max(reconnects)} each: {dict(why.most_common())}
lines: {dict(self.proxy.happened)}"""

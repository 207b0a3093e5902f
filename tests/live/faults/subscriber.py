"""Subscribers who go on behind their last cursor, whatever becomes of the connection, and keep what they were told."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import StrEnum

import httpx

from tests.live.faults.transports import Interrupted, Message, Refused, Transport, Watch

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 3.0


class Habit(StrEnum):
    """How somebody reads."""

    STEADY = "steady"
    SLOW = "slow"  # stops reading for a while, again and again
    RESTLESS = "restless"  # goes away by itself, and comes back
    FORGETFUL = "forgetful"  # has kept an older cursor than its last


@dataclass
class Connection:
    """What came over one connection, repeats too; `behind` is the event whose cursor it was to go on behind."""

    behind: str | None
    events: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Subscriber:
    """One who watches. `events` are the ids of those it was told of, each when it first came."""

    name: str
    watch: Watch
    transport: Transport
    habit: Habit
    start: str | None
    seed: int
    connections: list[Connection] = field(default_factory=list)
    events: dict[str, str] = field(default_factory=dict)
    interruptions: Counter[str] = field(default_factory=Counter)
    refusals: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(f"{self.seed} {self.name}")
        self._recent: list[str] = []

    @property
    def repeats(self) -> int:
        """How many messages told of an event that had been told of before."""
        return sum(len(each.events) for each in self.connections) - len(self.events)

    def has_heard(self, event: str) -> bool:
        """Whether this is the last event that it was told of."""
        return next(reversed(self.events), None) == event

    async def keep_watching(self, client: httpx.AsyncClient, url: str) -> None:
        """Watch until cancelled; also when refused, so that the end shows what else is wrong."""
        failures = 0
        while True:
            try:
                await self._watch_once(client, url)
            except Interrupted as why:
                self.interruptions[str(why)] += 1
            except Refused as why:
                self.refusals.append(str(why))
            failures = 0 if self.connections[-1].events else failures + 1
            longest = min(FIRST_PAUSE_SECONDS * 2**failures, LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(self._random.uniform(0, longest))

    async def _watch_once(self, client: httpx.AsyncClient, url: str) -> None:
        behind = self._where_to_go_on()
        connection = Connection(behind)
        self.connections.append(connection)
        after = self.events[behind] if behind else self.start
        stays_for = self._random.randint(5, 60)
        async with aclosing(self.transport(client, url, self.watch, after)) as messages:
            async for message in messages:
                self._keep(connection, message)
                if self.habit is Habit.SLOW and len(connection.events) % 40 == 0:
                    await asyncio.sleep(self._random.uniform(0, 2))
                if self.habit is Habit.RESTLESS and len(connection.events) == stays_for:
                    raise Interrupted("left")

    def _where_to_go_on(self) -> str | None:
        if not self._recent:
            return None
        return self._random.choice(self._recent) if self.habit is Habit.FORGETFUL else self._recent[-1]

    def _keep(self, connection: Connection, message: Message) -> None:
        if "event" not in message:
            raise Refused(f"told {message['__typename']}")
        event: str = message["event"]["id"]
        connection.events.append(event)
        self.events.setdefault(event, message["cursor"])
        self._recent = [*self._recent[-9:], event]


def faults_of(subscriber: Subscriber, log: Sequence[str]) -> list[str]:
    """What is wrong with what this subscriber was told, where `log` is all that it may see, from where it began."""
    places = {event: number for number, event in enumerate(log)}
    wrong = [f"{subscriber.name}: {why}" for why in subscriber.refusals]
    told = list(subscriber.events)
    if strange := [event for event in told if event not in places]:
        return [f"{subscriber.name}: {len(strange)} events that are not of its stream: {strange[:3]}"]
    # Whoever begins with `now` sees everything from the first event that it sees.
    first = places[told[0]] if subscriber.start is None and told else 0
    if told != list(log[first:]):
        missing = [each for each in log[first:] if each not in subscriber.events]
        wrong.append(
            f"{subscriber.name}: {len(told)} of {len(log) - first} events; {len(missing)} missing {missing[:3]}"
        )
    for number, connection in enumerate(subscriber.connections):
        if not connection.events:
            continue
        came = [places[event] for event in connection.events]
        due = places[connection.behind] + 1 if connection.behind else first
        if came != list(range(came[0], came[0] + len(came))) or came[0] > due:
            wrong.append(f"{subscriber.name}: connection {number} was to begin at {due}, and told {_ranges(came)}")
    return wrong


def _ranges(numbers: Sequence[int]) -> str:
    """`3-9 12-12`: where each run of numbers begins and ends."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(f"{first}-{last}" for first, last in runs)

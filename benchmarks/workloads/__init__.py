"""What is asked of every target: a workload says it in the words of each, and what must come back."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import orjson

from benchmarks.facts import Facts

DOCUMENTS = Path(__file__).parent.parent / "documents"

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One request: where it is posted, and what its body says."""

    path: str
    body: bytes


class Workload(Protocol):
    """A workload has a name for the command line, a title for people, and so many clients at once."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def clients(self) -> int: ...

    @property
    def writes(self) -> bool:
        """Whether it changes the database: then its answers differ, and the feed has to catch up after it."""
        ...

    def calls(self, target: str, facts: Facts, chance: random.Random) -> Iterator[Call]:
        """Requests without end, in the words of the target."""
        ...

    def told(self, target: str, answer: Answer) -> Any:
        """What the answer says, in the same words for every target."""
        ...

    async def written(self, connection: asyncpg.Connection, target: str, answer: Answer) -> Any:
        """What that left in the tables, without what is different each time; nothing, of a read."""
        ...


@cache
def document(name: str) -> str:
    """The text of a GraphQL document; `page.postgraphile` is that of another target."""
    return (DOCUMENTS / f"{name}.graphql").read_text(encoding="utf-8")


def graphql(name: str, variables: Mapping[str, Any]) -> bytes:
    """The body of a request for that document."""
    return orjson.dumps({"query": document(name), "variables": variables})

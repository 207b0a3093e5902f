"""Things by their keys: what an operation selects of one, read in one statement with those that others ask at once."""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from uuid import UUID

from graphql import GraphQLError

from schema.compiled.compiler import Compiler
from schema.compiled.conditions import table
from schema.compiled.dialects import Writer
from schema.compiled.fragments import READ_TOGETHER, Fetch, Fragment, in_utf8
from schema.compiled.plan import Literal, NotCompilable, Plan, Reason, Request, concatenated
from schema.compiled.selections import Selected
from schema.views.view import View

# None of these characters can stand in JSON, nor in a hole (schema.compiled.fragments): key \x0f json \x0e.
NAMES, ENDS = "\x0f", "\x0e"


def thing_plan(compiler: Compiler, kind: Any, selected: Selected, view: View) -> Fragment:
    """What is selected of things of a kind, each with its key; with holes, if the compiler makes them.

    Raises NotCompilable. The compiler serves nothing else.
    """
    alias = compiler.conditions.alias()
    json = compiler.row(kind, selected, alias, view)
    parts = [compiler.writer.hex_id(f"{alias}.id"), Literal(NAMES), json, Literal(ENDS)]
    listed = compiler.writer.answer(compiler.writer.joined(concatenated(parts)))
    compiler.plan.sql = f"select {listed} from {table(view.row)} {alias}"
    return Fragment(compiler.plan, alias, compiler.visible(view, alias))


class SameWords:
    """Equal for those whose requests are the same statement with the same parameters: they are answered together."""

    __slots__ = ("_hash", "_parts", "parameters")

    def __init__(self, parameters: list[Any], *parts: Hashable) -> None:
        self.parameters, self._parts = parameters, parts
        self._hash = hash(parts)

    @classmethod
    def of(cls, statement: Hashable, plan: Plan, request: Request) -> "SameWords":
        """That of a request. Raises the GraphQLError of an argument that is refused."""
        parameters = plan.parameters(request)
        return cls(parameters, statement, tuple(parameters), request.scope)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, SameWords) and self._parts == other._parts)


@dataclass
class _Asked:
    """Keys of one kind of thing that are to be read in the next statement, and who waits for them."""

    request: Request
    keys: dict[UUID, list[asyncio.Future[bytes | None]]] = field(default_factory=dict)


@dataclass
class Things:
    """Reads things. Those asked for in one turn of the loop, in the same words and scope, are read together."""

    writer: Writer
    fetch: Fetch
    _asked: dict[Hashable, _Asked] = field(default_factory=dict)
    _reading: set[asyncio.Task[None]] = field(default_factory=set)

    async def read(self, plan: Fragment, request: Request, key: UUID) -> bytes | None:
        """The thing's JSON; None when it is not there to see. Raises NotCompilable, and the database's own errors."""
        try:
            # The same for one request, however many things it asks for: a watcher's lasts for hours.
            alike: SameWords = request.once(plan, lambda: SameWords.of(plan, plan.plan, request))
        except GraphQLError as refusal:
            raise NotCompilable(Reason.REFUSED, refusal.message) from refusal
        asked = self._asked.get(alike)
        if asked is None:
            asked = self._asked[alike] = _Asked(request)
            asyncio.get_running_loop().call_soon(self._begin, plan, alike)
        # A future for each: whoever gives up cancels no other's.
        waiting: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        asked.keys.setdefault(key, []).append(waiting)
        return await waiting

    def _begin(self, plan: Fragment, alike: SameWords) -> None:
        # A task of its own, for whoever asked first may go while the others wait.
        task = asyncio.get_running_loop().create_task(self._read(plan, alike.parameters, self._asked.pop(alike)))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _read(self, plan: Fragment, parameters: list[Any], asked: _Asked) -> None:
        keys = list(asked.keys)
        try:
            found: dict[bytes, bytes] = {}
            for start in range(0, len(keys), READ_TOGETHER[-1]):
                found |= await self._some(plan, parameters, asked.request, keys[start : start + READ_TOGETHER[-1]])
            for key, waiting in asked.keys.items():
                json = found.get(key.hex.encode())
                for each in waiting:
                    if not each.done():
                        each.set_result(json)
        except Exception as error:
            for each in chain.from_iterable(asked.keys.values()):
                if not each.done():
                    each.set_exception(error)

    async def _some(
        self, plan: Fragment, parameters: list[Any], request: Request, keys: list[UUID]
    ) -> dict[bytes, bytes]:
        size = next(size for size in READ_TOGETHER if size >= len(keys))
        bound = [self.writer.bound(key) for key in keys] + [self.writer.bound(keys[0])] * (size - len(keys))
        answer = await self.fetch(plan.sql(self.writer, len(parameters), size), [*parameters, *bound])
        found = {}
        for entry in plan.plan.patched(in_utf8(answer or b""), request).split(ENDS.encode())[:-1]:
            name, _, json = entry.removeprefix(b",").partition(NAMES.encode())
            found[name] = json
        return found

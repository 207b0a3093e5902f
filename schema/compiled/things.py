"""Things by their keys: what an operation selects of one, read in one statement with those that others ask at once."""

from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from graphql import GraphQLError

from domain.kernel.gathering import Gathering
from schema.compiled.compiler import Compiler
from schema.compiled.conditions import table
from schema.compiled.dialects import Writer
from schema.compiled.fragments import READ_TOGETHER, Fetch, Fragment, in_utf8
from schema.compiled.plan import Literal, NotCompilable, Plan, Reason, Request, concatenated
from schema.compiled.selections import Selected
from schema.views.view import View

# None of these characters can stand in JSON, nor in a hole (schema.compiled.fragments): key \x0f json \x0e.
NAMES, ENDS = "\x0f", "\x0e"
# In place of what only the usual way can tell, for a null where none may be.
UNTOLD = "\x15"


def entries(answer: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each name in an answer that is a list of entries, and what it names."""
    for entry in answer.split(ENDS.encode())[:-1]:
        name, _, told = entry.removeprefix(b",").partition(NAMES.encode())
        yield name, told


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


class Things:
    """Reads things. Those asked for in one turn of the loop, in the same words and scope, are read together."""

    def __init__(self, writer: Writer, fetch: Fetch) -> None:
        self._writer, self._fetch = writer, fetch
        self._gathering: Gathering[UUID, bytes] = Gathering(READ_TOGETHER[-1])

    async def read(self, plan: Fragment, request: Request, key: UUID) -> bytes | None:
        """The thing's JSON; None when it is not there to see. Raises NotCompilable, and the database's own errors."""
        try:
            # The same for one request, however many things it asks for: a watcher's lasts for hours.
            alike: SameWords = request.once(plan, lambda: SameWords.of(plan, plan.plan, request))
        except GraphQLError as refusal:
            raise NotCompilable(Reason.REFUSED, refusal.message) from refusal
        return await self._gathering.ask(key, partial(self._some, plan, request, alike.parameters), alike=alike)

    async def _some(
        self, plan: Fragment, request: Request, parameters: list[Any], keys: Sequence[UUID]
    ) -> dict[UUID, bytes]:
        size = next(size for size in READ_TOGETHER if size >= len(keys))
        bound = [self._writer.bound(key) for key in keys] + [self._writer.bound(keys[0])] * (size - len(keys))
        answer = await self._fetch(plan.sql(self._writer, len(parameters), size), [*parameters, *bound])
        asked, found = {key.hex.encode(): key for key in keys}, {}
        for name, json in entries(plan.plan.patched(in_utf8(answer or b""), request)):
            found[asked[name]] = json
        return found

"""A plan: the statement that answers an operation, where its parameters come from, and what Python adds to it."""

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

import orjson
from graphql.execution.values import VariableValues

from domain.kernel.actor import Scope

T = TypeVar("T")
# JSON never holds a raw control character, so this cannot be anything that somebody wrote.
_SLOT = re.compile(rb"\x01(\d+):(.*?)\x02", re.DOTALL)


class Reason(StrEnum):
    """Why an operation runs the usual way."""

    NEW = "NEW"  # a document's first run, which checks it; whatever sort of operation it is
    KIND = "KIND"  # a mutation, or introspection
    FIELD = "FIELD"  # a field that says no word we know
    CONDITION = "CONDITION"  # a condition that we cannot write
    REFUSED = "REFUSED"  # an argument that is refused: the usual way says where
    NULL = "NULL"  # a null where none may be: the usual way says where
    DATABASE = "DATABASE"  # the database refused the statement
    DEEP = "DEEP"  # too deep for SQLite's parser
    LARGE = "LARGE"  # so many fields, fragments written out, that making the statement would hold everybody up
    BUG = "BUG"  # ours: the usual way answers, and the log tells us


class NotCompilable(Exception):
    """This operation runs the usual way."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


@dataclass(slots=True)
class Request:
    """What one answer depends on beside the document: the variables and who asks."""

    variables: VariableValues
    scope: Scope
    _known: dict[Hashable, Any] = field(default_factory=dict)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, made once for this request."""
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]  # type: ignore[no-any-return]


Source = Callable[[Request], Iterable[Any]]
Patch = Callable[[Request, Sequence[Any]], Any]


@dataclass
class Plan:
    """One SQL text that gives the answer as one text, its parameters in order, and Python's parts of the answer."""

    sql: str = ""
    sources: list[Source | tuple[Any, ...]] = field(default_factory=list)
    patches: list[Patch] = field(default_factory=list)

    def parameters(self, request: Request) -> list[Any]:
        """The values of this request, in the order in which the statement numbers them."""
        return [
            value for source in self.sources for value in (source if isinstance(source, tuple) else source(request))
        ]

    def patched(self, answer: bytes, request: Request) -> bytes:
        """The answer with what only Python knows: each `\\x01<slot>:[needs]\\x02` is replaced."""
        if not self.patches:
            return answer
        known: dict[bytes, bytes] = {}  # a page has few distinct needs: one call each

        def patch(match: re.Match[bytes]) -> bytes:
            text = match[0]
            if text not in known:
                known[text] = orjson.dumps(self.patches[int(match[1])](request, orjson.loads(match[2])))
            return known[text]

        return _SLOT.sub(patch, answer)


class Literal(str):
    """JSON text that is known when the plan is made, among pieces of SQL."""

    __slots__ = ()


def concatenated(pieces: Iterable[str]) -> str:
    """One SQL expression: the pieces in a row, neighboring literals merged.

    Flat, not a tree in parentheses: SQLite's parser has a stack of 100 and refuses expressions deeper than 1,000.
    """
    merged: list[str] = []
    for piece in pieces:
        if merged and isinstance(piece, Literal) and isinstance(merged[-1], Literal):
            merged[-1] = Literal(merged[-1] + piece)
        else:
            merged.append(piece)
    return f"({' || '.join(quoted(each) if isinstance(each, Literal) else each for each in merged)})"


def quoted(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"

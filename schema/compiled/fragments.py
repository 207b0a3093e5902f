"""Fragments: what was read of an order, kept by its version. Never stale, for every read asks for the version anew.

A statement with holes gives the whole response but what is the orders' own. For that it has holes, each of which names
an order and its version, and brings along what hangs on it but is not its own, such as its customer. Every write to
an order or to what belongs to it raises the version in its own commit, so what was read of a version stays true.
"""

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.kernel.actor import Scope
from domain.orders.models import OrderRow
from schema.compiled.dialects import Writer
from schema.compiled.plan import NotCompilable, Plan, Reason, Request
from schema.views.words import RowType

Fetch = Callable[[str, Sequence[Any]], Awaitable[str | bytes | None]]

# None of these characters can stand in JSON: \x03 fragment : order : version (\x05 other)* \x04, and \x06 n \x07 where
# the n-th of the others belongs.
_HOLE = re.compile(rb"\x03(\d+):([0-9a-f]{32}):(\d+)((?:\x05[^\x04\x05]*)*)\x04")
OTHER = "\x05"
_PLACE = re.compile(rb"\x06(\d+)\x07")
READ_TOGETHER = (1, 5, 20, 100)  # orders in a statement: few sizes, so that few statements are prepared
_MOST_OWNERS = 10_000
_ENTRY_BYTES = 400  # what an entry takes beside its text


def in_utf8(answer: str | bytes) -> bytes:
    """What a statement answered, as it goes to the client."""
    return answer.encode() if isinstance(answer, str) else answer


def with_others(text: bytes, others: Sequence[bytes]) -> bytes:
    """What is an order's own, with the others where they belong."""
    return _PLACE.sub(lambda place: others[int(place[1])], text) if others else text


def is_own(row: RowType) -> bool:
    """Whether every write to such a row raises the version of the order that it belongs to.

    Not where it may belong to none: a basket becomes an order's, and until then nothing counts its versions.
    """
    return row is OrderRow or ("order" in row._meta.fk_fields and not row._meta.fields_map["order"].null)


@dataclass(eq=False)
class Fragment:
    """What an operation selects of a thing, as a statement for several of its kind; of orders, what is their own."""

    plan: Plan
    alias: str
    visible: str

    def sql(self, writer: Writer, bound: int, count: int) -> str:
        """For so many, whose ids follow the bound parameters: each as `name\\x02json\\x04`, if it is visible."""
        places = ", ".join(writer.parameter(bound + n) for n in range(1, count + 1))
        visible = f" and {self.visible}" if self.visible else ""
        return f"{self.plan.sql} where {self.alias}.id in ({places}){visible}"


@dataclass
class Kept:
    """Texts by what they depend on, those used last, within so many bytes."""

    most_bytes: int
    _texts: OrderedDict[Hashable, bytes] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _owners: dict[Hashable, object] = field(default_factory=dict)

    def owner(self, statement: Hashable, values: tuple[Any, ...], scope: Scope) -> object:
        """Stands for all of these in keys: it is hashed faster."""
        if len(self._owners) > _MOST_OWNERS:
            self._owners.clear()  # what they kept is never met again, and goes in its turn
        return self._owners.setdefault((statement, values, scope), object())

    def get(self, key: Hashable) -> bytes | None:
        """The text, if it is kept."""
        found = self._texts.get(key)
        if found is not None:
            self._texts.move_to_end(key)
        return found

    def keep(self, key: Hashable, text: bytes) -> None:
        """Keep it, in place of what the key had; those that were not used for longest go."""
        if len(text) > self.most_bytes // 10:
            return
        if (gone := self._texts.pop(key, None)) is not None:
            self._bytes -= len(gone) + _ENTRY_BYTES
        self._texts[key] = text
        self._bytes += len(text) + _ENTRY_BYTES
        while self._bytes > self.most_bytes:
            _, gone = self._texts.popitem(last=False)
            self._bytes -= len(gone) + _ENTRY_BYTES


@dataclass
class Filling:
    """Fills the holes of one answer from what is kept, and reads what is not."""

    kept: Kept
    fragments: Sequence[Fragment]
    writer: Writer
    fetch: Fetch
    request: Request
    wanted: int = 0
    found: int = 0

    async def filled(self, answer: bytes) -> bytes:
        """The answer without holes. Raises NotCompilable when an order has gone out of sight meanwhile."""
        holes: dict[int, dict[bytes, int]] = {}
        for match in _HOLE.finditer(answer):
            holes.setdefault(int(match[1]), {})[match[2]] = int(match[3])
        texts = {number: await self._texts(self.fragments[number], asked) for number, asked in holes.items()}

        def fill(match: re.Match[bytes]) -> bytes:
            text = texts[int(match[1])].get(match[2])
            if text is None:
                raise NotCompilable(Reason.NULL, "an order is out of sight")
            return with_others(text, match[4].split(OTHER.encode())[1:])

        return _HOLE.sub(fill, answer)

    async def _texts(self, fragment: Fragment, asked: Mapping[bytes, int]) -> dict[bytes, bytes]:
        values = fragment.plan.parameters(self.request)
        owner = self.kept.owner(fragment, tuple(values), self.request.scope)
        texts: dict[bytes, bytes] = {}
        for order, version in asked.items():
            if (text := self.kept.get((owner, order, version))) is not None:
                texts[order] = text
        self.wanted, self.found = self.wanted + len(asked), self.found + len(texts)
        missing = [order for order in asked if order not in texts]
        for start in range(0, len(missing), READ_TOGETHER[-1]):
            read = await self._read(fragment, values, missing[start : start + READ_TOGETHER[-1]])
            for order, version, text in read:
                texts[order] = text
                self.kept.keep((owner, order, version), text)
        return texts

    async def _read(self, fragment: Fragment, values: list[Any], orders: list[bytes]) -> list[tuple[bytes, int, bytes]]:
        size = next(size for size in READ_TOGETHER if size >= len(orders))
        ids = [self.writer.bound(UUID(order.decode())) for order in orders]
        ids += ids[:1] * (size - len(ids))
        answer = await self.fetch(fragment.sql(self.writer, len(values), size), [*values, *ids])
        found = []
        for entry in fragment.plan.patched(in_utf8(answer or b""), self.request).split(b"\x04")[:-1]:
            name, _, text = entry.removeprefix(b",").partition(b"\x02")
            order, _, version = name.partition(b":")
            found.append((order, int(version), text))
        return found

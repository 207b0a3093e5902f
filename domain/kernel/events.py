"""What a recorded fact is: a frozen dataclass in the past tense, about one order and a child of it, or about stock."""

from collections.abc import Hashable
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, cast
from uuid import UUID


@dataclass(frozen=True)
class OrderFact:
    """A fact in the stream of an order.

    `subject` names the field that holds the child it is about (a shipment, a payment); every other field is plain data.
    A fact holds references, never personal data, and no free text, for people write names into it: a reason is read
    from the row that it stands in. `edits` tells facts that make an agent's open edit stale
    (they raise the order's `revision`) from those that do not (a scan, a note).
    """

    order_id: UUID

    subject: ClassVar[str | None] = None
    edits: ClassVar[bool] = True

    @property
    def subject_id(self) -> UUID | None:
        """The child that the fact is about."""
        return getattr(self, self.subject) if self.subject else None

    @property
    def data(self) -> dict[str, Any]:
        """The plain facts, JSON-ready: numbers, texts, lists of texts, enum names."""
        return {name: getattr(self, name) for name in _plain_fields(cast("Hashable", type(self)))}


@dataclass(frozen=True)
class StockFact:
    """A fact in the feed of stock, about one level, or about a thing beside it that `subject` names.

    Like a fact about an order it holds references and numbers, never free text.
    """

    level_id: UUID | None

    subject: ClassVar[str | None] = None

    @property
    def subject_id(self) -> UUID | None:
        """The thing beside stock that the fact is about."""
        return getattr(self, self.subject) if self.subject else None

    @property
    def data(self) -> dict[str, Any]:
        """The plain facts, JSON-ready: numbers, texts, enum names."""
        return {name: getattr(self, name) for name in _plain_fields(cast("Hashable", type(self)))}


Fact = OrderFact | StockFact


@cache
def _plain_fields(kind: Any) -> tuple[str, ...]:
    """Those that are neither the thing whose feed it stands in, nor the child that it is about."""
    hidden = {"order_id", "level_id", kind.subject}
    return tuple(each.name for each in fields(kind) if each.name not in hidden)

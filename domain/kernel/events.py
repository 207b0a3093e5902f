"""What a recorded fact is: a frozen dataclass in the past tense, about one order and a child of it, or about stock."""

from dataclasses import dataclass, fields
from typing import Any, ClassVar
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
        hidden = {"order_id", self.subject}
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name not in hidden}


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
        hidden = {"level_id", self.subject}
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name not in hidden}


Fact = OrderFact | StockFact

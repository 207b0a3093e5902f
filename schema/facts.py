"""The words that the type of a fact is declared with: what it says, and what it is about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from inspect import get_annotations
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, dataclass_transform

import strawberry
from strawberry.types import get_object_definition

from domain.kernel.actor import ActorKind, Scope
from domain.kernel.events import OrderFact, StockFact
from domain.kernel.models import LogRow, StockLogRow
from domain.kernel.money import format_minor
from domain.kernel.streams import visible_log
from domain.stock.queries import visible_stock
from schema.scalars import Amount
from schema.views import Money, column, computed, enum_of, one, pointed, view_of

if TYPE_CHECKING:
    from schema.orders import Order
    from schema.stock import StockLevel

T = TypeVar("T")

enum_of(
    ActorKind,
    {
        ActorKind.ANONYMOUS: "Nobody we know.",
        ActorKind.CUSTOMER: "A customer.",
        ActorKind.STAFF: "A member of staff.",
        ActorKind.SYSTEM: "Nobody: it followed by itself.",
        ActorKind.TRACKING_LINK: "The bearer of a tracking link.",
    },
)
_KIND_OF_PRINCIPAL = {
    "anonymous": ActorKind.ANONYMOUS,
    "customer": ActorKind.CUSTOMER,
    "staff": ActorKind.STAFF,
    "tracking": ActorKind.TRACKING_LINK,
}


def actor_kind(_scope: Scope, actor: str) -> ActorKind:
    """What sort of party a principal such as `staff:sam` is; a part of ourselves when it is none of the others."""
    return _KIND_OF_PRINCIPAL.get(actor.partition(":")[0], ActorKind.SYSTEM)


@strawberry.interface(
    description="A fact about an order, recorded in the commit that made it true. It never changes: edges from it lead "
    "to things as they are now."
)
class OrderEvent:
    id: strawberry.ID = strawberry.field(
        description="The same each time the event is delivered: drop what you have already seen."
    )
    sequence: int = strawberry.field(
        description="Its place among the events of its order, from 1. Events you may not see leave gaps."
    )
    occurred_at: datetime = strawberry.field(description="When it happened.")
    actor_kind: ActorKind = strawberry.field(description="What sort of party did it.")
    order: Annotated["Order", strawberry.lazy("schema.orders")] | None = strawberry.field(
        description="The order, as it is now."
    )

    @staticmethod
    def resolve_type(event: LogRow, _info: Any, _interface: Any) -> str:
        """The GraphQL type is named like the fact."""
        return event.type


@strawberry.interface(
    description="A fact about stock, recorded in the commit that made it true. It never changes: edges from it lead to "
    "things as they are now."
)
class StockEvent:
    id: strawberry.ID = strawberry.field(
        description="The same each time the event is delivered: drop what you have already seen."
    )
    occurred_at: datetime = strawberry.field(description="When it happened.")
    actor_kind: ActorKind = strawberry.field(description="What sort of party did it.")
    level: Annotated["StockLevel", strawberry.lazy("schema.stock")] | None = strawberry.field(
        description="The stock level that it is about, as it is now; null where it is about none, or about several."
    )

    @staticmethod
    def resolve_type(event: StockLogRow, _info: Any, _interface: Any) -> str:
        """The GraphQL type is named like the fact."""
        return event.type


def subject(*, doc: str, name: str | None = None) -> Any:
    """The child that the fact is about, as it is now; null where it may not be seen. `name`: if Python has it."""
    return pointed(on="subject_id", doc=doc, name=name)


@dataclass(frozen=True)
class _Said:
    """What the fact says under this name, as the type that the schema shows."""

    name: str
    parse: Callable[[Any], Any]

    def __call__(self, _scope: Scope, data: dict[str, Any]) -> Any:
        return self.parse(data[self.name])


def fact(name: str, parse: Callable[[Any], Any] = str, *, doc: str) -> Any:
    """What the fact says under this name: text, or what `parse` makes of it (int, an enum, a time)."""
    return computed(_Said(name, parse), needs=("data",), doc=doc)


def fact_money(*, doc: str) -> Any:
    """The amount that the fact says."""
    return computed(_said_money, needs=("data",), doc=doc)


def _said_money(_scope: Scope, data: dict[str, Any]) -> Money:
    return Money(amount=Amount(format_minor(data["amount_minor"], data["currency"])), currency=data["currency"])


@dataclass_transform(kw_only_default=True, field_specifiers=(fact, fact_money, subject))
def event_of(fact_class: type[OrderFact | StockFact]) -> Callable[[type[T]], type[T]]:
    """The GraphQL type of a fact: named and described like it, a view of its row in the log that it stands in."""
    is_of_stock = issubclass(fact_class, StockFact)

    def decorate(cls: type[T]) -> type[T]:
        assert cls.__name__ == fact_class.__name__, "the log names the type by its fact"
        cls.__doc__ = fact_class.__doc__
        interface: type[Any] = StockEvent if is_of_stock else OrderEvent
        cls.__annotations__ = {**interface.__annotations__, **get_annotations(cls)}
        for field in get_object_definition(interface, strict=True).fields:
            if field.python_name != "id":
                setattr(cls, field.python_name, _inherited(field.python_name, field.description or ""))
        when = ("type", cls.__name__)
        if is_of_stock:
            return view_of(StockLogRow, visible=visible_stock, prefix="stock_event", when=when)(cls)
        return view_of(LogRow, visible=visible_log, prefix="event", when=when)(cls)

    return decorate


def _inherited(name: str, doc: str) -> Any:
    """The word of a field that an interface of events promises."""
    match name:
        case "actor_kind":
            return computed(actor_kind, needs=("actor",), doc=doc)
        case "order" | "level":
            return one(by=name, doc=doc)
    return column(name, doc=doc)

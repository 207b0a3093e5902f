"""The whole schema: declared, described, connected, and closed to whoever has no credentials."""

import itertools
from collections.abc import Iterator
from typing import Any, cast
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_composite_type,
    is_required_argument,
    is_required_input_field,
)

from domain.catalog.models import BackorderPolicy
from domain.channels.models import ChannelRow
from domain.flows.grant_refund import GrantRefund, grant_refund
from domain.flows.hold_order import HoldOrder, hold_order
from domain.flows.keep_channels import SeenLocation, SetChannelLocations, set_channel_locations
from domain.flows.keep_imports import BeginImport, begin_import
from domain.flows.placement import PlaceCustomer
from domain.flows.request_return import RequestReturn, RequestReturnLine, request_return
from domain.flows.reserve_stock import ReserveLine, ReserveStock, reserve_stock
from domain.imports.lifecycle import ImportMode
from domain.kernel.actor import ANONYMOUS, Actor, tracking_link
from domain.kernel.bell import SilentBell
from domain.kernel.ids import global_id
from domain.kernel.runner import Runner
from domain.orders.models import HoldKind, OrderRow
from examples.stockroom import keep_stockrooms
from resolvers import build_schema
from resolvers.context import Context
from schema.views import Reader, broken_edges, undeclared_fields, undescribed
from server.database import Database
from tests.domain import shop

SCHEMA = build_schema()
CORE = SCHEMA._schema
# Fields that read without saying so in a word of the views, and why. An entry that is no longer needed fails its test.
UNDECLARED: dict[str, str] = {}
# What the anonymous may ask: who they are, which is nobody.
OPEN: dict[str, Any] = {"viewer": {"actor": "anonymous", "kind": "ANONYMOUS", "permissions": [], "customer": None}}
# Fields that are named by what a thing is there for, and what sort of thing it is.
ROLES = {"source": "location", "destination": "location"}
TEXTS = ("MUG", "things", shop.CHANNEL, "A-1", "TEE", "SN-0001")
SCALARS: dict[str, Any] = {
    "String": "text",
    "Int": 1,
    "Boolean": True,
    "Amount": "1.00",
    "DateTime": "2026-01-01T00:00:00Z",
    "Date": "2026-01-01",
    "Cursor": "none",
}


def test_every_field_says_a_word_or_why_it_does_not() -> None:
    assert set(undeclared_fields(SCHEMA)) == set(UNDECLARED)


def test_every_edge_leads_somewhere_and_can_be_ordered() -> None:
    assert broken_edges(SCHEMA) == []


def test_every_type_field_argument_and_value_is_described() -> None:
    assert undescribed(SCHEMA) == []


async def open_books() -> list[str]:
    """Orders with something of everything, and the global id of one row of every type that the schema shows."""
    places = await shop.open_shop({"MUG": (9, 9)})
    order_id = await shop.place({"MUG": 2}, customer=PlaceCustomer(email="ann@example.com"), external_reference="A-1")
    await shop.pay(order_id)
    await shop.deliver(order_id)
    line = RequestReturnLine((await shop.requirement(order_id, "MUG")).id, 1)
    await shop.run(request_return, RequestReturn(order_id, (line,), "Too blue."))
    await shop.run(grant_refund, GrantRefund(order_id, 500, "EUR", "Scratched."))
    await shop.run(hold_order, HoldOrder(await shop.place({"MUG": 1}), HoldKind.MANUAL, "Look at it first."))
    await shop.run(reserve_stock, ReserveStock(shop.CHANNEL, (ReserveLine("MUG", 1),)))
    await shop.set_policy("TEE", BackorderPolicy.BACKORDER)
    await shop.place({"TEE": 1})
    channel, seen = await ChannelRow.get(code=shop.CHANNEL), (SeenLocation(places.north), SeenLocation(places.south))
    await shop.run(set_channel_locations, SetChannelLocations(channel.id, seen))
    await keep_stockrooms(shop.RUNNER)
    await shop.run(begin_import, BeginImport("orders.csv", "orders.toml", shop.CHANNEL, ImportMode.HISTORY))
    views = {each.__view__ for each in origins() if hasattr(each, "__view__")}
    firsts = [(view.prefix, await view.row.all().order_by("id").first()) for view in views]
    return [global_id(prefix, row.pk) for prefix, row in firsts if row]


def origins() -> Iterator[Any]:
    for kind in CORE.type_map.values():
        if definition := kind.extensions.get("strawberry-definition"):
            yield getattr(definition, "origin", None)


def is_one_of(kind: GraphQLInputObjectType) -> bool:
    # Strawberry enforces it, and does not tell graphql-core.
    return bool(kind.extensions["strawberry-definition"].is_one_of)


def some(kind: GraphQLInputType, ids: list[str]) -> Iterator[Any]:
    """Values for an argument of a query that name what is there: all that could open something by accident."""
    if isinstance(kind, GraphQLNonNull):
        yield from some(kind.of_type, ids)
    elif isinstance(kind, GraphQLList):
        yield from ([value] for value in some(kind.of_type, ids))
    elif isinstance(kind, GraphQLInputObjectType) and is_one_of(kind):
        for name, field in kind.fields.items():
            yield from ({name: value} for value in some(field.type, ids))
    elif isinstance(kind, GraphQLInputObjectType):
        required = {name: field.type for name, field in kind.fields.items() if is_required_input_field(field)}
        for values in itertools.product(*(some(each, ids) for each in required.values())):
            yield dict(zip(required, values, strict=True))
    elif str(kind) == "ID":
        yield from ids
    else:
        assert str(kind) == "String", f"say which values of {kind} name what is there"
        yield from TEXTS


def one(kind: GraphQLInputType, name: str, ids: list[str]) -> Any:
    """A value for a field of a mutation's input that could be right."""
    if isinstance(kind, GraphQLNonNull):
        return one(kind.of_type, name, ids)
    if isinstance(kind, GraphQLList):
        return [one(kind.of_type, name, ids)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        fields = kind.fields.items()
        wanted = list(fields)[:1] if is_one_of(kind) else [(n, f) for n, f in fields if is_required_input_field(f)]
        return {each: one(field.type, each, ids) for each, field in wanted}
    if str(kind) == "ID":
        meant = "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name).removesuffix("_id")
        meant = ROLES.get(meant, meant)
        return next((each for each in ids if each.startswith(f"{meant}_0")), global_id(meant, UUID(int=1)))
    return "EUR" if name == "currency" else SCALARS[str(kind)]


def asked(operation: str, name: str, field: GraphQLField) -> str:
    """A document that asks for this field alone, with a variable for each required argument."""
    required = {each: given.type for each, given in field.args.items() if is_required_argument(given)}
    variables = ", ".join(f"${each}: {kind}" for each, kind in required.items())
    arguments = ", ".join(f"{each}: ${each}" for each in required)
    shown = get_named_type(field.type)
    chosen = "{ totalCount nodes { __typename } }" if str(shown).endswith("Connection") else "{ __typename }"
    if name in OPEN:
        chosen = "{ actor kind permissions customer { id } }"
    return (
        f"{operation}{f'({variables})' if variables else ''} {{ {name}{f'({arguments})' if arguments else ''}"
        f" {chosen if is_composite_type(shown) else ''} }}"
    )


def context(actor: Actor) -> Context:
    return Context(actor, Reader(actor.scope), Runner(SilentBell()), cast("Any", None))


def is_nothing(answer: Any) -> bool:
    return answer is None or answer == {"totalCount": 0, "nodes": []}


async def seen(actor: Actor, ids: list[str]) -> dict[str, list[Any]]:
    """What this actor is answered, per field of Query, whatever is asked."""
    assert CORE.query_type
    found: dict[str, list[Any]] = {}
    for name, field in CORE.query_type.fields.items():
        document = asked("query", name, field)
        required = {each: given.type for each, given in field.args.items() if is_required_argument(given)}
        for values in itertools.product(*(some(kind, ids) for kind in required.values())):
            answer = await SCHEMA.execute(document, dict(zip(required, values, strict=True)), context(actor))
            codes = [(error.extensions or {}).get("code") for error in answer.errors or ()]
            assert set(codes) <= {"UNAUTHENTICATED", "FORBIDDEN", "BAD_REQUEST"}, answer.errors
            shown = (answer.data or {}).get(name)
            if not is_nothing(shown):
                found.setdefault(name, []).append(shown)
    return found


async def test_whoever_has_no_credentials_is_shown_nothing_whatever_they_ask(database: Database) -> None:
    assert await seen(ANONYMOUS, await open_books()) == {name: [answer] for name, answer in OPEN.items()}


async def test_a_tracking_link_opens_the_tracking_view_and_nothing_else(database: Database) -> None:
    ids = await open_books()
    order = await OrderRow.get(external_reference="A-1")
    assert set(await seen(tracking_link(order.id), ids)) == {"viewer", "tracking"}


async def test_staff_are_shown_something_by_every_query_so_that_the_questions_are_good_ones(database: Database) -> None:
    assert CORE.query_type
    assert set(await seen(shop.ADMIN, await open_books())) == set(CORE.query_type.fields) - {"tracking"}


async def test_whoever_has_no_credentials_changes_nothing_whatever_they_ask(database: Database) -> None:
    ids = await open_books()
    before = await shop.dump()
    assert CORE.mutation_type
    refusals = {}
    for name, field in CORE.mutation_type.fields.items():
        required = {each: given.type for each, given in field.args.items() if is_required_argument(given)}
        variables = {each: one(kind, each, ids) for each, kind in required.items()}
        answer = await SCHEMA.execute(asked("mutation", name, field), variables, context(ANONYMOUS))
        refusals[name] = [refused(error) for error in answer.errors or ()]
    assert refusals == {name: ["UNAUTHENTICATED"] for name in CORE.mutation_type.fields}
    assert await shop.dump() == before


def refused(error: Any) -> Any:
    """The code, or that of the refusal behind it (the server names it when it answers)."""
    code = (error.extensions or {}).get("code") or getattr(error.original_error, "code", str(error))
    return str(code)


async def test_whoever_has_no_credentials_can_watch_nothing(database: Database) -> None:
    ids = await open_books()
    assert CORE.subscription_type
    for name, field in CORE.subscription_type.fields.items():
        required = {each: given.type for each, given in field.args.items() if is_required_argument(given)}
        for values in itertools.product(*(some(kind, ids) for kind in required.values())):
            variables = dict(zip(required, values, strict=True))
            answer: Any = await SCHEMA.subscribe(asked("subscription", name, field), variables, context(ANONYMOUS))
            first = await anext(answer)
            # Another's order looks like none, so the refusal is not always that they must sign in.
            assert refused(first.errors[0]) in ("UNAUTHENTICATED", "NOT_FOUND", "BAD_REQUEST"), f"{name} {variables}"
            assert first.data is None

"""A small shop for the tests of the API, and a counter where its verbs are asked for, in the words of the schema."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from domain.catalog.models import VariantKind
from domain.customers.models import CustomerRow
from domain.flows.adjust_stock import AdjustStock, StockReceipt, open_stock
from domain.flows.keep_catalog import (
    CreateChannel,
    CreateLocation,
    CreateProduct,
    NewPrice,
    NewVariant,
    create_channel,
    create_location,
    create_product,
)
from domain.kernel.actor import Actor, Role, customer, staff
from domain.kernel.bell import SilentBell
from domain.kernel.ids import global_id
from domain.kernel.runner import Runner
from domain.locations.models import LocationKind
from resolvers import build_schema
from resolvers.context import context_for
from tests.domain.shop import NOON, dump, run

SCHEMA = build_schema()
SUPPORT = staff("sam", Role.SUPPORT)
WAREHOUSE = staff("wim", Role.WAREHOUSE)
ADMIN = staff("ada", Role.ADMIN)
EUR = {"MUG": 1250, "TEE": 2499, "CAP": 333, "PEN": 120, "INK": 480, "BAG": 3900, "BOX": 250, "EBOOK": 999}
EUR |= {"LAMP": 4500, "SET": 3000}
JPY = {"MUG": 2000, "PEN": 180}
ERRORS = """errors { __typename code message path retryable
  ... on InsufficientStock { sku requested available } ... on WrongCurrency { expectedCurrency givenCurrency }
  ... on StaleRevision { expected actual } ... on IllegalTransition { status reasonCode } ... on NotFound { what }
} replayed"""


@dataclass(frozen=True)
class Shop:
    """Its locations, in the order in which they are asked for stock, and two of its customers."""

    ber: UUID
    ham: UUID
    muc: UUID
    ann: Actor
    bob: Actor


async def open_shop(**stock: Mapping[str, int]) -> Shop:
    """A shop with two channels, three locations and ten variants; `stock`: units of each SKU, by location."""
    await run(create_channel, CreateChannel("web-de", "Web", "EUR", "Acme GmbH", "Europe/Berlin"))
    await run(create_channel, CreateChannel("web-jp", "Web Japan", "JPY", "Acme KK", "Asia/Tokyo"))
    places = {code: await run(create_location, _location(code, n)) for n, code in enumerate(("ber", "ham", "muc"))}
    await run(create_product, CreateProduct("things", "Things", tuple(_variant(sku) for sku in EUR)))
    receipts = [
        AdjustStock(sku, places[code], units, is_receipt=True)
        for code, counts in stock.items()
        for sku, units in counts.items()
    ]
    await run(open_stock, StockReceipt(receipts))
    ann, bob = [await CustomerRow.create(email=f"{name}@example.org", created_at=NOON) for name in ("ann", "bob")]
    return Shop(**places, ann=customer(ann.id), bob=customer(bob.id))


def _location(code: str, priority: int) -> CreateLocation:
    kind = LocationKind.WAREHOUSE
    return CreateLocation(code, code, kind, "Acme GmbH", "Europe/Berlin", "DE", "10115", "Berlin", "Weg 1", priority)


def _variant(sku: str) -> NewVariant:
    kind = VariantKind.DIGITAL if sku == "EBOOK" else VariantKind.PHYSICAL
    prices = [NewPrice("web-de", EUR[sku])] + ([NewPrice("web-jp", JPY[sku])] if sku in JPY else [])
    return NewVariant(sku, sku.title(), kind, prices=tuple(prices))


async def execute(actor: Actor, document: str, **variables: Any) -> Any:
    """The whole result of an operation, as this actor asks for it."""
    context = context_for(actor, runner=Runner(SilentBell()), hub=cast("Any", None))
    return await SCHEMA.execute(document, variables, context_value=context)


async def ask(actor: Actor, document: str, **variables: Any) -> Any:
    """What a query answers. Asserts that there was no error."""
    result = await execute(actor, document, **variables)
    assert not result.errors, result.errors
    return result.data


async def call(actor: Actor, verb: str, shown: str = "", **given: Any) -> dict[str, Any]:
    """The payload of a mutation, refused or not."""
    kind = verb[0].upper() + verb[1:] + "Input"
    document = f"mutation ($input: {kind}!) {{ {verb}(input: $input) {{ {shown} {ERRORS} }} }}"
    payload: dict[str, Any] = (await ask(actor, document, input=given))[verb]
    return payload


async def do(actor: Actor, verb: str, shown: str = "", **given: Any) -> dict[str, Any]:
    """The payload of a mutation that is done."""
    payload = await call(actor, verb, shown, **given)
    assert payload["errors"] == [], payload["errors"]
    return payload


async def refused(actor: Actor, verb: str, **given: Any) -> list[dict[str, Any]]:
    """The errors of a mutation that is refused. Asserts that nothing at all was written."""
    before = await dump()
    payload = await call(actor, verb, **given)
    assert payload["errors"], "it was done"
    assert (payload["replayed"], await dump()) == (False, before)
    errors: list[dict[str, Any]] = payload["errors"]
    return errors


async def denied(actor: Actor, verb: str, **given: Any) -> list[str]:
    """The names of the top-level errors of a mutation that this actor may not ask for. Nothing was written."""
    before = await dump()
    kind = verb[0].upper() + verb[1:] + "Input"
    document = f"mutation ($input: {kind}!) {{ {verb}(input: $input) {{ replayed }} }}"
    result = await execute(actor, document, input=given)
    assert await dump() == before
    return [type(error.original_error).__name__ for error in result.errors or ()]


async def place(actor: Actor = SUPPORT, /, **units: int) -> dict[str, Any]:
    """An order in `web-de` for these units of each SKU: its ids, and those of what belongs to it."""
    lines = [{"sku": sku, "quantity": count} for sku, count in units.items()]
    placed = await do(actor, "orderPlace", f"order {{ {IDS} }}", channel="web-de", lines=lines)
    order: dict[str, Any] = placed["order"]
    return order


IDS = """id number status revision
lines { sku requirements { id sku } } payments { id } refunds { id amount { amount } }
fulfillmentOrders(first: 20) { nodes { id status number location { code } } } holds { id kind reason releasedAt }"""


async def order_of(order: Mapping[str, Any], shown: str = IDS, *, actor: Actor = SUPPORT) -> dict[str, Any]:
    """The order as it is now."""
    found = await ask(actor, f"query ($id: ID!) {{ order(by: {{ id: $id }}) {{ {shown} }} }}", id=order["id"])
    now: dict[str, Any] = found["order"]
    return now


def location_id(place: UUID) -> str:
    """Its global id."""
    return global_id("location", place)

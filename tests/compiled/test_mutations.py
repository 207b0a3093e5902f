"""A mutation is answered with the same bytes both ways, whatever is asked of its payload, and carried out once."""

import logging
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import structlog
from tortoise.exceptions import OperationalError

from domain.channels.models import ChannelRow
from domain.kernel.actor import ANONYMOUS, Actor
from domain.orders.models import OrderRow
from domain.supplies.models import SupplyRow
from schema.compiled import Reason
from server.compiled_writes import CompiledWrites
from server.database import Database
from tests.api.client import Client, served
from tests.builders import ADMIN, SCHEMA, SUPPORT, WAREHOUSE, Shop, location_id, open_shop
from tests.compiled.queries import Queries
from tests.domain.books import assert_books_balance
from tests.domain.shop import dump

logging.getLogger("strawberry.execution").setLevel(logging.CRITICAL)  # refusals are expected
ROUNDS = 4
IDS = """order(by: {id: $id}) { id
  lines { requirements { id } } payments { id } refunds { id } holds { id }
  fulfillmentOrders(first: 20) { nodes { id status } }
  shipments(first: 20) { nodes { id status parcels { id } } }
  returns(first: 20) { nodes { id status lines { id } dispositions { id status } } } }"""


@dataclass
class Counter:
    """Where verbs are asked for the compiled way, and asked for again, by the same key, the usual way."""

    compiled: Client
    usual: Client
    queries: Queries
    name: int = 0
    documents: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    keys: int = 0

    @property
    def writes(self) -> CompiledWrites:
        writes: CompiledWrites = self.compiled.app.state.reads.writes
        return writes

    async def both(self, actor: Actor, verb: str, **given: Any) -> dict[str, Any]:
        """The payload. Asserts that the usual way answers the same, and says so of a replay."""
        document, asked, first = await self._first(actor, verb, given)
        again = await self._post(self.compiled, actor, document, asked)
        usual = await self._post(self.usual, actor, document, asked)
        assert again.content == usual.content, f"{document}\n{asked}\n{usual.text}\n{again.text}"
        is_said = first.content.replace(b'"replayed":false', b'"replayed":true')
        assert is_said.replace(b"false", b"true") == usual.content.replace(b"false", b"true"), (first.text, usual.text)
        body: dict[str, Any] = usual.json()
        if body["data"] is not None:
            assert body["data"][verb]["why"] == [], body
        return body

    async def _first(
        self, actor: Actor, verb: str, given: dict[str, Any]
    ) -> tuple[str, dict[str, Any], httpx.Response]:
        """A document that is within the limits of the server, and what it was answered."""
        self.keys += 1
        while True:
            if verb not in self.documents:
                drawn, drawn_variables = self.queries.payload(verb)
                told = f"{verb}(input: $input) {{ why: errors {{ code message path }}"
                self.documents[verb] = drawn.replace(f"{verb}(input: $input) {{", told), drawn_variables
            document, variables = self.documents[verb]
            asked = variables | {"input": given | {"idempotencyKey": f"intention {self.name}.{self.keys}"}}
            first = await self._post(self.compiled, actor, document, asked)
            if all("path" in error for error in first.json().get("errors", ())):
                return document, asked, first
            del self.documents[verb]

    async def _post(self, client: Client, actor: Actor, document: str, variables: dict[str, Any]) -> httpx.Response:
        who = client if actor is ANONYMOUS else client.as_(actor)
        return await who.post(document, variables)

    async def order(self, order_id: str) -> dict[str, Any]:
        found = await self.usual.as_(ADMIN).data(f"query ($id: ID!) {{ {IDS} }}", {"id": order_id})
        order: dict[str, Any] = found["order"]
        return order


@asynccontextmanager
async def counter(database: Database, seed: int) -> AsyncIterator[Counter]:
    queries = Queries(SCHEMA._schema, random.Random(seed), ["order_0"], ["MUG", ""])
    async with (
        served(database) as compiled,
        served(database, compiled_reads=False) as usual,
        compiled.app.state.reads.open(database),
    ):
        yield Counter(compiled, usual, queries, seed)


async def latest() -> str:
    [order] = await OrderRow.all().order_by("-id").limit(1)
    return f"order_{order.id.hex}"


async def live_a_life(at: Counter, shop: Shop, n: int) -> None:
    """An order's whole life, and those of three that end early."""
    line = {"sku": "MUG", "quantity": 2}
    await at.both(SUPPORT, "orderPlace", channel="web-de", lines=[line], customer={"email": f"buyer{n}@example.org"})
    order = await at.order(await latest())
    named = {"order": order["id"]}
    await at.both(SUPPORT, "orderHold", **named, kind="MANUAL", reason="Wait.")
    [hold] = (await at.order(order["id"]))["holds"]
    await at.both(SUPPORT, "orderHoldRelease", hold=hold["id"])
    await at.both(SUPPORT, "paymentRecord", payment=order["payments"][0]["id"])
    [work] = order["fulfillmentOrders"]["nodes"]
    await at.both(WAREHOUSE, "fulfillmentOrderStart", fulfillmentOrder=work["id"])
    packed = {"fulfillmentOrder": work["id"], "carrier": "dhl", "parcels": [{"trackingNumber": f"T{n}"}]}
    await at.both(WAREHOUSE, "shipmentPack", **packed)
    [shipment] = (await at.order(order["id"]))["shipments"]["nodes"]
    await at.both(WAREHOUSE, "shipmentCancel", shipment=shipment["id"])
    await at.both(WAREHOUSE, "shipmentPack", **packed)
    parts = (await at.order(order["id"]))["shipments"]["nodes"]
    [shipment] = [each for each in parts if each["status"] == "PACKED"]
    await at.both(WAREHOUSE, "shipmentShip", shipment=shipment["id"])
    seen = {"parcel": shipment["parcels"][0]["id"], "status": "DELIVERED", "occurredAt": "2026-11-01T12:00:00Z"}
    await at.both(WAREHOUSE, "parcelScan", **seen)
    await send_it_back(at, shop, order)
    there = {"sku": "MUG", "location": location_id(shop.ham)}
    await at.both(WAREHOUSE, "stockReceive", **there, quantity=5)
    await at.both(WAREHOUSE, "stockAdjust", **there, delta=-1)
    await at.both(WAREHOUSE, "stockCount", **there, counted=0, expectedOnHand=4)
    await take_in(at, shop)
    await at.both(SUPPORT, "orderPlace", channel="web-de", lines=[line])
    [work] = (await at.order(await latest()))["fulfillmentOrders"]["nodes"]
    await at.both(WAREHOUSE, "fulfillmentOrderReject", fulfillmentOrder=work["id"], reason="Wet.")
    for verb, is_confirmed in (("orderConfirm", False), ("orderReject", False), ("orderCancel", True)):
        await at.both(SUPPORT, "orderPlace", channel="web-de", lines=[line], isConfirmed=is_confirmed)
        reason = {} if verb == "orderConfirm" else {"reason": "No."}
        await at.both(SUPPORT, verb, order=await latest(), **reason)


async def take_in(at: Counter, shop: Shop) -> None:
    """Three supplies: one arrives in part, one is closed when nothing of it came, one is called off."""
    goods = [{"sku": "PEN", "quantity": 5, "unitCost": {"amount": "0.70", "currency": "EUR"}}]
    new = {"kind": "PURCHASE_ORDER", "supplier": "Potters", "location": location_id(shop.ham), "currency": "EUR"}
    named = []
    for _ in range(3):
        await at.both(WAREHOUSE, "supplyCreate", **new, lines=goods)
        [supply] = await SupplyRow.all().order_by("-id").limit(1)
        named.append({"supply": f"supply_{supply.id.hex}"})
    arrived, missing, unwanted = named
    await at.both(WAREHOUSE, "supplySetLines", **arrived, lines=[*goods, {"sku": "INK", "quantity": 2}])
    for each in (arrived, missing):
        await at.both(WAREHOUSE, "supplyConfirm", **each)
    await at.both(WAREHOUSE, "supplyReschedule", **arrived, expectedAt="2126-11-01T12:00:00Z")
    await at.both(WAREHOUSE, "supplyReceive", **arrived, lines=[{"sku": "PEN", "quantity": 3, "damaged": 1}])
    await at.both(WAREHOUSE, "supplyClose", **missing)
    await at.both(WAREHOUSE, "supplyCancel", **unwanted)
    channel = await ChannelRow.get(code="web-jp")
    seen = [{"location": location_id(shop.ham), "bufferUnits": 2}]
    await at.both(ADMIN, "channelSetLocations", channel=f"channel_{channel.id.hex}", locations=seen)


async def send_it_back(at: Counter, shop: Shop, order: dict[str, Any]) -> None:
    """One unit comes back and is restocked, and a part of the price goes back."""
    lines = [{"requirement": order["lines"][0]["requirements"][0]["id"], "quantity": 1}]
    for verb, actor in (("returnDecline", SUPPORT), ("returnCancel", SUPPORT), ("returnApprove", SUPPORT)):
        await at.both(SUPPORT, "returnRequest", order=order["id"], lines=lines, reason="Too small.")
        opened = (await at.order(order["id"]))["returns"]["nodes"]
        [rma] = [each for each in opened if each["status"] == "REQUESTED"]
        reason = {"reason": "Too late."} if verb == "returnDecline" else {}
        await at.both(actor, verb, **{"return": rma["id"]}, **reason)
    await at.both(WAREHOUSE, "returnReceive", **{"return": rma["id"]}, location=location_id(shop.ber))
    [there] = [each for each in (await at.order(order["id"]))["returns"]["nodes"] if each["id"] == rma["id"]]
    await at.both(WAREHOUSE, "returnDispose", disposition=there["dispositions"][0]["id"], action="RESTOCK")
    worth = {"amount": "0.10", "currency": "EUR"}
    await at.both(SUPPORT, "orderRefundGrant", order=order["id"], amount=worth, reason="Scratched.")
    [*_, refund] = (await at.order(order["id"]))["refunds"]
    await at.both(SUPPORT, "refundRecord", refund=refund["id"])


async def test_every_verb_of_orders_lives_is_answered_with_the_same_bytes_both_ways(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 500})
    for seed in range(ROUNDS):
        async with counter(database, seed) as at:
            await live_a_life(at, shop, 2 * seed)
            assert len(at.documents) == 32
            known, asked = at.writes.answered, at.keys
            await live_a_life(at, shop, 2 * seed + 1)
            # Every document is known now: all but what is refused is answered the compiled way, first and again.
            refused = at.writes.fallbacks[Reason.REFUSED]
            assert at.writes.answered - known + refused >= 2 * (at.keys - asked)
            assert set(at.writes.fallbacks) <= {Reason.KIND, Reason.REFUSED}
    await assert_books_balance()


PLACE = """mutation ($input: OrderPlaceInput!) { place: orderPlace(input: $input) {
    order { id number customer { email } lines { sku title unitPrice { amount currency } } }
    errors { __typename code message path ... on InsufficientStock { sku available } ... on UnknownSku { sku } }
    replayed } }"""
MUG = {"channel": "web-de", "lines": [{"sku": "MUG", "quantity": 2}]}
REFUSED: dict[str, dict[str, Any]] = {
    "too many": MUG | {"lines": [{"sku": "MUG", "quantity": 9}]},
    "unknown": MUG | {"lines": [{"sku": "NOPE", "quantity": 1}]},
    "several faults": MUG | {"lines": [{"sku": "NOPE", "quantity": 0}, {"sku": "MUG", "quantity": -1}]},
    "no currency": MUG | {"charges": [{"kind": "FEE", "title": "x", "amount": {"amount": "1", "currency": "EURO"}}]},
    "not an id": MUG | {"customer": {"id": "customer_1"}},
    "a float": MUG | {"charges": [{"kind": "FEE", "title": "x", "amount": {"amount": 1.5, "currency": "EUR"}}]},
    "no input": {"channel": "web-de"},
}


async def test_what_is_refused_is_told_with_the_same_bytes_both_ways_and_nothing_changes(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 5})
    async with counter(database, 0) as at:
        await at._post(at.compiled, ANONYMOUS, PLACE, {"input": MUG})
        before = await dump()
        for given in REFUSED.values():
            for actor in (SUPPORT, WAREHOUSE, shop.ann, ANONYMOUS):
                compiled = await at._post(at.compiled, actor, PLACE, {"input": given})
                usual = await at._post(at.usual, actor, PLACE, {"input": given})
                assert (compiled.status_code, compiled.content) == (usual.status_code, usual.content)
        assert at.writes.answered == 5 * 4
        assert await dump() == before


@pytest.mark.parametrize(
    ("error", "reason", "logged"),
    [
        (OperationalError("the statement is refused"), Reason.DATABASE, []),
        (ZeroDivisionError("a bug of ours"), Reason.BUG, [("ZeroDivisionError", "place")]),
    ],
    ids=["database", "bug"],
)
async def test_a_thing_that_cannot_be_read_the_compiled_way_is_told_the_usual_way_and_done_once(
    error: Exception, reason: Reason, logged: list[tuple[str, str]], database: Database
) -> None:
    await open_shop(ber={"MUG": 5})
    async with counter(database, 0) as at:
        await at._post(at.compiled, ANONYMOUS, PLACE, {"input": MUG})

        async def broken(_sql: str, _parameters: Sequence[Any]) -> str | None:
            raise error

        at.writes.begin(database.dialect, broken)
        with structlog.testing.capture_logs() as lines:
            answered = (await at._post(at.compiled, SUPPORT, PLACE, {"input": MUG})).json()
        assert answered["data"]["place"]["order"]["lines"][0]["sku"] == "MUG"
        bugs = [line for line in lines if line["event"] == "bug.met"]
        assert [(bug["exception"], bug["path"]) for bug in bugs] == logged
        assert all(bug["reference"] for bug in bugs)
        assert +at.writes.fallbacks == {reason: 1}
        assert await OrderRow.all().count() == 1
        assert at.writes.answered == 0


async def test_the_token_that_is_told_opens_the_order(database: Database) -> None:
    await open_shop(ber={"MUG": 5})
    document = "mutation ($input: OrderTrackingLinkOpenInput!) { orderTrackingLinkOpen(input: $input) { token } }"
    async with counter(database, 0) as at:
        await at._post(at.compiled, SUPPORT, PLACE, {"input": MUG})
        given = {"input": {"order": await latest()}}
        for _ in range(2):
            told = await at.compiled.as_(SUPPORT).data(document, given)
            link = at.compiled.with_link(told["orderTrackingLinkOpen"]["token"])
            assert (await link.data("{ tracking { number } }"))["tracking"]["number"]
        assert at.writes.answered == 1

"""Writes: orders placed by many clients at once, of ten thousand SKUs or with one that everybody wants."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from benchmarks.facts import Facts
from benchmarks.rows import rows_of
from benchmarks.workloads import Answer, Call, graphql
from benchmarks.workloads.postgraphile import placed_of

PEER = "postgraphile"
LINES = 3


@dataclass(frozen=True)
class PlaceOrders:
    """W3: an order of three lines with its buyer, two addresses, shipping and an idempotency key of its own."""

    name: str
    title: str
    is_hot: bool
    clients: int = 32
    writes: bool = True

    def calls(self, target: str, facts: Facts, chance: random.Random) -> Iterator[Call]:
        """Orders of known buyers; with a hot SKU, it is the first line of each."""
        document = "place.postgraphile" if target == PEER else "place"
        path = "/place" if target == "bare" else "/graphql"
        while True:
            skus = chance.sample(facts.skus, LINES)
            if self.is_hot:
                skus = [facts.skus[0], *(sku for sku in skus if sku != facts.skus[0])][:LINES]
            yield Call(path, graphql(document, {"input": _order(chance, skus, chance.choice(facts.emails))}))

    def told(self, target: str, answer: Answer) -> Any:
        """The order, without what is different each time."""
        order = _placed(target, answer)
        lines = [{name: line[name] for name in ("sku", "quantity", "gross")} for line in order["lines"]]
        return {"status": order["status"], "total": order["total"], "lines": lines}

    async def written(self, connection: asyncpg.Connection, target: str, answer: Answer) -> Any:
        """Every row of the order that was placed."""
        return await rows_of(connection, UUID(hex=str(_placed(target, answer)["id"]).removeprefix("order_")))


def _placed(target: str, answer: Answer) -> dict[str, Any]:
    order: dict[str, Any] = placed_of(answer["data"]) if target == PEER else answer["data"]["orderPlace"]["order"]
    return order


def _order(chance: random.Random, skus: list[str], email: str) -> dict[str, Any]:
    address = {
        "name": "Nora Keller",
        "street": "Lange Strasse 7",
        "postalCode": "10115",
        "city": "Berlin",
        "countryCode": "DE",
        "phone": "+493012345678",
    }
    return {
        "idempotencyKey": f"{random.getrandbits(128):032x}",  # not `chance`: each run and target uses keys of its own
        "channel": "web-de",
        "customer": {"email": email, "name": "Nora Keller"},
        "lines": [{"sku": sku, "quantity": chance.randint(1, 3)} for sku in skus],
        "charges": [
            {
                "kind": "SHIPPING",
                "title": "Standard shipping",
                "amount": {"amount": "4.90", "currency": "EUR"},
                "tax": {"amount": "0.78", "currency": "EUR"},
            }
        ],
        "addresses": [{"kind": kind, **address} for kind in ("SHIPPING", "BILLING")],
        "shippingMethod": "Standard",
        "paymentMethod": "card",
    }


SPREAD = PlaceOrders("place", "W3 place order, 10,000 SKUs", is_hot=False)
HOT = PlaceOrders("hot", "W3 place order, one hot SKU", is_hot=True)

"""What the demo says to people, on the terminal, and to programs, in a file."""

import os
import tempfile
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape

from domain.kernel.actor import Role
from domain.kernel.ids import global_id
from server.commands.demo_shop import Showcase

QUERY = (
    "{ orders(first: 5, where: {status: {oneOf: [CONFIRMED]}}) { nodes { number total { amount currency }"
    " fulfillmentStatus customer { name } availableActions { action enabled reason } } } }"
)
SUBSCRIPTION = (
    "subscription { ordersChanged { ... on OrderEventMessage"
    " { cursor event { __typename occurredAt order { number fulfillmentStatus } } } } }"
)
TRACKING = "{ tracking { number status fulfillmentStatus shipments { carrier status parcels { trackingNumber } } } }"


def mutation(order_id: str) -> str:
    """Put the order on hold; what can be done with it then is told with reasons."""
    return (
        f'mutation {{ orderHold(input: {{order: "{order_id}", kind: CUSTOMER_REQUEST, reason: "Away until Monday."}})'
        " { order { number isOnHold fulfillmentOrders(first: 3) { nodes { number availableActions"
        " { action enabled reason } } } } errors { code message } } }"
    )


def curl(url: str, document: str, authorization: str, *options: str) -> str:
    """A command line that sends the document, to be pasted into a shell."""
    body = orjson.dumps({"query": document}).decode().replace("'", "'\\''")
    flags = " ".join(("curl -s", *options))
    return f"{flags} {url} -H \"Authorization: {authorization}\" -H 'Content-Type: application/json' -d '{body}'"


def as_json(url: str, shop: Showcase) -> dict[str, Any]:
    """Everything that a program needs to use the demo; `url` is where the server answers."""
    return {
        "url": f"{url}/graphql",
        "websocket_url": f"{url.replace('http', 'ws', 1)}/graphql",
        "graphiql_url": f"{url}/graphiql",
        "schema_url": f"{url}/schema.graphql",
        "tokens": shop.tokens,
        "customer": {"id": shop.customer_id, "name": shop.customer_name},
        "tracking_links": [
            {
                "order": global_id("order", link.order_id),
                "number": link.number,
                "token": link.token,
                "authorization": f"Tracking {link.token}",
                "page_url": f"{url}/track?token={link.token}",
            }
            for link in shop.links
        ],
        "try": {
            "query": QUERY,
            "mutation": mutation(shop.order_id),
            "subscription": SUBSCRIPTION,
            "tracking": TRACKING,
        },
    }


def write_json(file: Path, content: dict[str, Any]) -> None:
    """The file, whole or not at all; it holds tokens, so only its owner may read it."""
    descriptor, name = tempfile.mkstemp(dir=file.absolute().parent, prefix=file.name)
    with os.fdopen(descriptor, "wb") as out:
        out.write(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    os.replace(name, file)


def welcome(url: str, shop: Showcase, *, is_alive: bool) -> None:
    """Print where to look, with which tokens, and three things to try."""
    console = Console(soft_wrap=True, highlight=False)

    def title(text: str) -> None:
        console.print(f"\n[bold]{text}[/]")

    def paste(text: str) -> None:
        console.print(f"[cyan]{escape(text)}[/]")

    endpoint = f"{url}/graphql"
    moves = ": orders come in and parcels move while you look" if is_alive else ""
    console.print(f"\n[bold green]Lantern & Leaf is open[/], with {shop.orders} orders{moves}.\n")
    console.print(f"  GraphiQL  [bold]{url}/graphiql[/]   (put a token below into its headers; or open the next line)")
    console.print(f"            {url}/graphiql#token={shop.tokens[Role.SUPPORT]}")
    console.print(f"  API       {endpoint}   (HTTP, server-sent events, WebSocket)")
    console.print(f"  Schema    {url}/schema.graphql")
    title('Tokens. Paste them into a shell, or into GraphiQL as {"Authorization": "Bearer …"}')
    for role, token in shop.tokens.items():
        paste(f"{role}={token}")
    console.print(f"[dim]CUSTOMER is {escape(shop.customer_name)}, who sees their own orders only.[/]")
    title("1. Ask: the newest confirmed orders, and what can be done with each")
    paste(curl(endpoint, QUERY, "Bearer $SUPPORT"))
    title("2. Change: put an order on hold, and read what is possible now, and why the rest is not")
    paste(curl(endpoint, mutation(shop.order_id), "Bearer $SUPPORT"))
    title("3. Listen: everything that happens in the shop, as it happens")
    paste(curl(endpoint, SUBSCRIPTION, "Bearer $SUPPORT", "-N", "-H 'Accept: text/event-stream'"))
    title("Tracking links open one order each, to whoever holds them")
    for link in shop.links:
        console.print(f"  {url}/track?token={link.token}   [dim]order {link.number}[/]")
    console.print("[dim]The page updates by itself. What it shows is in the API, for a page of your own:[/]")
    for link in shop.links[:1]:
        paste(curl(endpoint, TRACKING, f"Tracking {link.token}"))
    console.print("\nCtrl-C stops the shop. It is kept, and opens again with the next [bold]waybill demo[/].\n")

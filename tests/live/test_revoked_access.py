"""Revoked access ends what is open within seconds, over every transport, and everybody else's goes on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection

from domain.flows.open_tracking_link import hash_of, new_token
from domain.flows.revoke_access import RevokeAccess, revoke_access
from domain.flows.revoke_tracking_links import RevokeTrackingLinks, revoke_tracking_links
from domain.kernel.actor import SYSTEM, Role, staff
from domain.kernel.bell import SilentBell
from domain.kernel.runner import Runner
from domain.tracking.models import TrackingLinkRow
from server.auth import Authenticator
from server.database import Database
from tests.api.client import SECRET
from tests.live.orders import NOON, new_order
from tests.live.test_sockets import PATIENCE, STREAM, Server, closed, events, opened, received, running, send, subscribe

pytestmark = pytest.mark.timeout(300)
WATCH = "subscription { watch }"
RESUMED = {"query": "subscription ($after: String) { resumed(after: $after) }"}


def token_of(name: str) -> dict[str, str]:
    """Credentials of a member of staff, as of now."""
    token = Authenticator(SECRET).issue(staff(name, Role.SUPPORT), expires_in=timedelta(hours=1))
    return {"Authorization": f"Bearer {token}"}


async def link_to(order_id: Any) -> dict[str, str]:
    """Credentials of whoever holds a new link to the order."""
    token, in_a_day = new_token(), datetime.now(UTC) + timedelta(days=1)
    await TrackingLinkRow.create(order_id=order_id, token_hash=hash_of(token), created_at=NOON, expires_at=in_a_day)
    return {"Authorization": f"Tracking {token}"}


@dataclass(frozen=True)
class Watcher:
    """Somebody who listens in every way there is."""

    credentials: dict[str, str]
    ws: ClientConnection
    streams: tuple["asyncio.Task[list[tuple[str, Any]]]", ...]

    @classmethod
    async def of(
        cls, server: Server, http: httpx.AsyncClient, credentials: dict[str, str], stack: AsyncExitStack
    ) -> "Watcher":
        """They listen; each stream has begun."""
        ws = await stack.enter_async_context(opened(server, credentials))
        await subscribe(ws, "1", WATCH)
        assert (await received(ws))["type"] == "next"
        asked: Any = {"headers": STREAM | credentials}
        responses = (
            await stack.enter_async_context(http.stream("POST", "/graphql", json={"query": WATCH}, **asked)),
            await stack.enter_async_context(http.stream("GET", "/graphql/stream", params=RESUMED, **asked)),
        )
        streams = []
        for coming in map(events, responses):
            assert (await anext(coming))[0] == "next"
            streams.append(asyncio.create_task(rest(coming)))
            stack.callback(streams[-1].cancel)
        return cls(credentials, ws, tuple(streams))

    async def is_cut_off(self, http: httpx.AsyncClient) -> None:
        """Everything of theirs ends, none of it completed, and asking again is answered 401."""
        assert (await closed(self.ws), self.ws.close_reason) == (4403, "Access revoked")
        async with asyncio.timeout(PATIENCE):
            assert [await stream for stream in self.streams] == [[], []]
        again: Any = {"headers": STREAM | self.credentials}
        answers = (
            await http.post("/graphql", json={"query": WATCH}, **again),
            await http.get("/graphql/stream", params=RESUMED, **again),
            await http.post("/graphql", json={"query": "{ whoami }"}, headers=self.credentials),
        )
        assert [answer.status_code for answer in answers] == [401, 401, 401]

    async def goes_on(self) -> None:
        """Nothing of theirs has ended."""
        await send(self.ws, type="ping")
        assert await received(self.ws) == {"type": "pong"}
        assert [stream.done() for stream in self.streams] == [False, False]


async def rest(coming: AsyncIterator[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """What else comes, until it ends."""
    return [event async for event in coming]


async def test_people_and_links_whose_access_is_revoked_are_cut_off_and_others_are_not(database: Database) -> None:
    order_id, other_id = await new_order(), await new_order()
    async with (
        running(database.url) as server,
        httpx.AsyncClient(base_url=server.http, timeout=httpx.Timeout(PATIENCE)) as http,
        AsyncExitStack() as stack,
    ):
        ann, bob = [await Watcher.of(server, http, token_of(name), stack) for name in ("ann", "bob")]
        ours, theirs = [await Watcher.of(server, http, await link_to(each), stack) for each in (order_id, other_id)]
        runner = Runner(SilentBell())
        await runner.run(revoke_access, SYSTEM, RevokeAccess("staff:ann"))
        await ann.is_cut_off(http)
        await ours.goes_on()
        await runner.run(revoke_tracking_links, SYSTEM, RevokeTrackingLinks(order_id))
        await ours.is_cut_off(http)
        for other in (bob, theirs):
            await other.goes_on()
        await Watcher.of(server, http, token_of("ann"), stack)
        await Watcher.of(server, http, await link_to(order_id), stack)

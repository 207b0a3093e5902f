"""The connection aside: what everybody waits for goes on while requests have all the others."""

import asyncio

from tortoise.transactions import in_transaction

from adapters.bell.hub import Hub
from adapters.bell.memory import MemoryBell
from domain.flows.revoke_access import RevokeAccess, revoke_access
from domain.kernel.actor import SYSTEM, Role, staff
from domain.kernel.bell import SilentBell
from domain.kernel.log import feed_head
from domain.kernel.runner import Runner
from server.aside import Aside
from server.auth import Identity
from server.database import open_database
from server.draining import Draining
from server.listeners import Listeners
from server.relay import relaying
from server.revocations import Revocations, ending_revoked
from server.settings import Settings
from tests.live.orders import happen, new_order, placed
from tests.live.watching import OFTEN, SOON


async def test_watchers_are_told_and_events_are_stamped_while_requests_have_every_connection(
    postgres_database_url: str,
) -> None:
    aside = Aside()
    async with (
        open_database(postgres_database_url, pool_size=1) as database,
        aside.open(database),
        MemoryBell() as bell,
        Hub(bell.broadcast, poll_seconds=OFTEN, aside=aside.taken) as hub,
        relaying(hub, bell, every_seconds=OFTEN, aside=aside.taken),
    ):
        order = await new_order()
        async with hub.listen(order) as ears, hub.listen_feed() as feed:
            assert await ears.wait(SOON)  # of the first look
            assert await feed.wait(SOON)
            async with in_transaction():
                with aside.taken():
                    await happen(*placed(order))
                    assert await ears.wait(SOON)
                    assert await feed.wait(SOON)
                    assert await feed_head() == 1


async def test_revoked_access_ends_while_requests_have_every_connection(postgres_database_url: str) -> None:
    aside, among, revoked = Aside(), Listeners(Settings(), Draining()), asyncio.Event()
    among.stream(Identity(staff("ann", Role.SUPPORT))).tell_revoked = revoked.set
    async with (
        open_database(postgres_database_url, pool_size=1) as database,
        aside.open(database),
        ending_revoked(Revocations(among, aside.taken)),
        in_transaction(),
    ):
        with aside.taken():
            await Runner(SilentBell()).run(revoke_access, SYSTEM, RevokeAccess("staff:ann"))
        await asyncio.wait_for(revoked.wait(), SOON)

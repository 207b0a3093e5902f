"""Imports as they are watched: how far each is, as of now, whoever runs it."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

import domain.flows.watch_import
from domain.flows.keep_imports import (
    BeginImport,
    EndImport,
    ImportCounts,
    TellImport,
    begin_import,
    end_import,
    tell_import,
)
from domain.imports.lifecycle import ImportAction, ImportMode
from domain.kernel.actor import ANONYMOUS, Role, customer, staff, tracking_link
from domain.kernel.doorbell import StreamLimits
from domain.kernel.ids import global_id, new_id
from schema.cursors import StreamKind, stream_cursor
from server.database import Database
from tests.domain.shop import run
from tests.live.orders import new_order
from tests.live.subscribing import Live, refused, sent, subscribed
from tests.live.watching import NEVER, OFTEN, listening

SAM = staff("sam", Role.SUPPORT)
CHANGED = """subscription ($import: ID!, $after: Cursor) { importChanged(import: $import, after: $after) {
  cursor import { id filename status percent rowsRead ordersImported endedAt }
} }"""
BEGUN = BeginImport("orders.csv", "shop.toml", "web-de", ImportMode.OPEN)


@pytest.fixture
async def live(database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Live]:
    monkeypatch.setattr(domain.flows.watch_import, "LOOK_SECONDS", OFTEN)
    async with listening() as opened:
        yield opened


def cursor(import_id: UUID, version: int) -> str:
    return stream_cursor(StreamKind.IMPORT, import_id, version)


async def get_on(import_id: UUID, orders: int) -> None:
    """So many orders of two rows each are in the books by now, of a hundred."""
    await run(tell_import, TellImport(import_id, ImportCounts(orders, orders, rows_imported=2 * orders)))


async def all_sent(import_id: UUID, after: str | None) -> list[Any]:
    """What whoever subscribes so is sent until nothing follows."""
    async with (
        listening(limits=StreamLimits(idle_seconds=0.2, lifetime_seconds=NEVER)) as live,
        subscribed(live, SAM, CHANGED, **{"import": global_id("import", import_id), "after": after}) as results,
    ):
        return [each.data["importChanged"]["cursor"] async for each in results]


async def test_an_import_is_shown_as_it_is_and_again_whenever_it_got_further(live: Live) -> None:
    import_id = await run(begin_import, BEGUN)
    name = global_id("import", import_id)
    async with subscribed(live, SAM, CHANGED, **{"import": name}) as results:
        began = {"id": name, "filename": "orders.csv", "status": "RUNNING", "percent": 0, "endedAt": None}
        assert await sent(results) == {
            "cursor": cursor(import_id, 1),
            "import": began | {"rowsRead": 0, "ordersImported": 0},
        }
        await get_on(import_id, 10)
        further = {"percent": 10, "rowsRead": 20, "ordersImported": 10}
        assert await sent(results) == {"cursor": cursor(import_id, 2), "import": began | further}
        await run(end_import, EndImport(import_id, ImportAction.FINISH))
        ended = await sent(results)
    assert ended["cursor"] == cursor(import_id, 3)
    assert (ended["import"]["status"], ended["import"]["rowsRead"]) == ("FINISHED", 20)
    assert ended["import"]["endedAt"] is not None
    assert live[1].listeners == 0


async def test_however_much_was_said_since_the_last_message_the_next_tells_the_present(live: Live) -> None:
    import_id = await run(begin_import, BEGUN)
    async with subscribed(live, SAM, CHANGED, **{"import": global_id("import", import_id)}) as results:
        await sent(results)
        for orders in (10, 20, 30):
            await get_on(import_id, orders)
        message = await sent(results)
    assert (message["cursor"], message["import"]["percent"]) == (cursor(import_id, 4), 30)


@pytest.mark.usefixtures("live")
async def test_after_the_present_cursor_nothing_is_sent_and_after_any_other_one_the_present() -> None:
    import_id = await run(begin_import, BEGUN)
    await get_on(import_id, 10)
    assert await all_sent(import_id, cursor(import_id, 2)) == []
    for after in (
        None,
        cursor(import_id, 1),
        cursor(import_id, 3),
        cursor(new_id(), 2),
        stream_cursor(StreamKind.ORDER, import_id, 2),
        "nonsense",
    ):
        assert await all_sent(import_id, after) == [cursor(import_id, 2)]


async def test_imports_are_not_for_those_who_may_not_see_them(live: Live) -> None:
    name = global_id("import", await run(begin_import, BEGUN))
    for actor, named, code in (
        (ANONYMOUS, name, "UNAUTHENTICATED"),
        (tracking_link(await new_order()), name, "FORBIDDEN"),
        (staff("nora"), name, "FORBIDDEN"),
        (customer(new_id()), name, "NOT_FOUND"),
        (SAM, global_id("import", new_id()), "NOT_FOUND"),
        (SAM, "nonsense", "MALFORMED_ID"),
    ):
        async with subscribed(live, actor, CHANGED, **{"import": named}) as results:
            assert (await refused(results))[0] == code
    assert live[1].listeners == 0

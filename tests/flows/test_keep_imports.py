"""What is said of imports: how far they are, how they end, and which are left."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

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
from domain.imports.models import ImportRow
from domain.imports.queries import SILENT_FOR
from domain.kernel.actor import Role, customer, staff
from domain.kernel.errors import IllegalTransition, NotFound, PermissionDenied
from domain.kernel.ids import new_id
from domain.reactions import TIMERS
from server.database import Database
from tests.domain.shop import RUNNER, run

BEGUN = BeginImport("orders.csv", "shop.toml", "web-de", ImportMode.HISTORY)
SOME = ImportCounts(
    percent=40,
    orders_imported=20,
    orders_already_there=2,
    orders_reported=1,
    rows_imported=60,
    rows_already_there=5,
    rows_reported=3,
)


async def said(import_id: UUID) -> dict[str, Any]:
    """What is known of it, without the times."""
    [row] = await ImportRow.filter(id=import_id).values()
    return {name: value for name, value in row.items() if name != "id" and not name.endswith("_at")}


async def grow_old(import_id: UUID, age: timedelta) -> None:
    """Nothing was heard of it for so long."""
    row = await ImportRow.get(id=import_id)
    await ImportRow.filter(id=import_id).update(heard_of_at=row.heard_of_at - age)


async def test_an_import_runs_says_how_far_it_is_and_finishes(database: Database) -> None:
    import_id = await run(begin_import, BEGUN)
    begun = {
        "filename": "orders.csv",
        "mapping": "shop.toml",
        "channel": "web-de",
        "mode": "HISTORY",
        "status": "RUNNING",
        **vars(ImportCounts()),
        "rows_read": 0,
        "failure": None,
        "version": 1,
    }
    assert await said(import_id) == begun
    await run(tell_import, TellImport(import_id, SOME))
    assert await said(import_id) == begun | vars(SOME) | {"rows_read": 68, "version": 2}
    assert (await ImportRow.get(id=import_id)).ended_at is None
    await run(end_import, EndImport(import_id, ImportAction.FINISH))
    assert await said(import_id) == begun | vars(SOME) | {"rows_read": 68, "version": 3, "status": "FINISHED"}
    row = await ImportRow.get(id=import_id)
    assert row.ended_at == row.heard_of_at


async def test_an_import_that_cannot_go_on_says_why_and_keeps_what_became_of_its_rows(database: Database) -> None:
    import_id = await run(begin_import, BEGUN)
    await run(tell_import, TellImport(import_id, SOME))
    await run(end_import, EndImport(import_id, ImportAction.FAIL, "orders.csv cannot be read: " + "x" * 600))
    found = await said(import_id)
    assert (found["status"], found["rows_read"], len(found["failure"])) == ("FAILED", 68, 500)
    assert found["failure"].startswith("orders.csv cannot be read: xx")


async def test_an_import_ends_once(database: Database) -> None:
    import_id = await run(begin_import, BEGUN)
    await run(end_import, EndImport(import_id, ImportAction.FINISH))
    before = await said(import_id)
    for action in (ImportAction.FINISH, ImportAction.FAIL, ImportAction.INTERRUPT):
        with pytest.raises(IllegalTransition):
            await run(end_import, EndImport(import_id, action))
    with pytest.raises(IllegalTransition):
        await run(tell_import, TellImport(import_id, SOME))
    assert await said(import_id) == before


async def test_an_import_of_which_nothing_is_heard_is_interrupted(database: Database) -> None:
    killed, alive, finished = [await run(begin_import, BEGUN) for _ in range(3)]
    await run(end_import, EndImport(finished, ImportAction.FINISH))
    assert await TIMERS["imports"](RUNNER) == 0
    for each in (killed, finished):
        await grow_old(each, SILENT_FOR)
    await grow_old(alive, SILENT_FOR - timedelta(minutes=1))
    assert [await TIMERS["imports"](RUNNER) for _ in range(2)] == [1, 0]
    assert [(await said(each))["status"] for each in (killed, alive, finished)] == [
        "INTERRUPTED",
        "RUNNING",
        "FINISHED",
    ]
    assert (await said(killed))["version"] == 2
    assert (await ImportRow.get(id=killed)).ended_at is not None


@pytest.mark.parametrize("ends", [False, True])
async def test_an_import_that_was_only_slow_runs_again_when_it_is_heard_of(database: Database, ends: bool) -> None:
    import_id = await run(begin_import, BEGUN)
    await grow_old(import_id, SILENT_FOR)
    await TIMERS["imports"](RUNNER)
    if ends:
        await run(end_import, EndImport(import_id, ImportAction.FINISH))
    else:
        await run(tell_import, TellImport(import_id, SOME))
    found = await ImportRow.get(id=import_id)
    assert (found.status, found.ended_at is None) == (("FINISHED", False) if ends else ("RUNNING", True))


async def test_imports_are_kept_by_those_alone_who_manage_orders(database: Database) -> None:
    import_id = await run(begin_import, BEGUN)
    before = await said(import_id)
    for actor in (customer(new_id()), staff("wim", Role.WAREHOUSE)):
        for flow, request in (
            (begin_import, BEGUN),
            (tell_import, TellImport(import_id, SOME)),
            (end_import, EndImport(import_id, ImportAction.FAIL)),
        ):
            with pytest.raises(PermissionDenied):
                await run(flow, request, actor=actor)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        await run(tell_import, TellImport(new_id(), SOME))
    assert await ImportRow.all().count() == 1
    assert await said(import_id) == before

"""Imports as the API shows them."""

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
from domain.kernel.actor import Role, customer, staff
from domain.kernel.ids import global_id, new_id
from server.database import Database
from tests.api.client import served
from tests.domain.shop import run

SAM = staff("sam", Role.SUPPORT)
SHOWN = """{ id filename mapping channel mode status percent rowsRead rowsImported rowsAlreadyThere rowsReported
  ordersImported ordersAlreadyThere ordersReported failure }"""


async def test_imports_are_listed_the_newest_first_and_found_by_status_and_id(database: Database) -> None:
    begun = BeginImport("orders.csv", "shop.toml", "web-de", ImportMode.HISTORY)
    first, second = await run(begin_import, begun), await run(begin_import, begun)
    await run(tell_import, TellImport(first, ImportCounts(55, 3, 2, 1, 6, 4, 2)))
    await run(end_import, EndImport(first, ImportAction.FAIL, "orders.csv cannot be read."))
    names = [global_id("import", each) for each in (first, second)]
    async with served(database) as client:
        listed = await client.as_(SAM).data("{ imports { totalCount nodes { id status } } }")
        assert listed["imports"] == {
            "totalCount": 2,
            "nodes": [{"id": names[1], "status": "RUNNING"}, {"id": names[0], "status": "FAILED"}],
        }
        failed = await client.as_(SAM).data("{ imports(where: {status: {oneOf: [FAILED]}}) { nodes { id } } }")
        assert failed["imports"]["nodes"] == [{"id": names[0]}]
        one = await client.as_(SAM).data(f"query ($id: ID!) {{ import(id: $id) {SHOWN} }}", {"id": names[0]})
        assert one["import"] == {
            "id": names[0],
            "filename": "orders.csv",
            "mapping": "shop.toml",
            "channel": "web-de",
            "mode": "HISTORY",
            "status": "FAILED",
            "percent": 55,
            "rowsRead": 12,
            "rowsImported": 6,
            "rowsAlreadyThere": 4,
            "rowsReported": 2,
            "ordersImported": 3,
            "ordersAlreadyThere": 2,
            "ordersReported": 1,
            "failure": "orders.csv cannot be read.",
        }


async def test_imports_are_for_staff(database: Database) -> None:
    begun = BeginImport("orders.csv", "shop.toml", "web-de", ImportMode.HISTORY)
    name = global_id("import", await run(begin_import, begun))
    async with served(database) as client:
        query = "query ($id: ID!) { import(id: $id) { id } imports { nodes { id } } }"
        assert await client.as_(customer(new_id())).data(query, {"id": name}) == {
            "import": None,
            "imports": {"nodes": []},
        }

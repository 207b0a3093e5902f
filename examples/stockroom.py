"""What goes on in the stockrooms of the example shop beside its orders, so that there is some of everything to see."""

from collections.abc import Awaitable, Callable

from domain.bulk.lifecycle import BulkMode
from domain.flows.bulk_stock import StartBulk, StepOfBulk, start_bulk, step_of_bulk
from domain.flows.draft_supply import CreateSupply, NewSupplyLine, create_supply
from domain.flows.expect_supply import ConfirmSupply, confirm_supply
from domain.flows.keep_upload import KeepUpload, keep_upload
from domain.flows.receive_supply import ArrivedLine, ReceiveSupply, receive_supply
from domain.kernel.runner import Runner
from domain.stock.models import StockLevelRow
from domain.supplies.models import SupplyKind
from examples.shop.crew import KEEPER

Chapter = Callable[[Runner], Awaitable[None]]


async def count_by_file(runner: Runner) -> None:
    """A count of a few SKUs, brought as a file in which one row is wrong."""
    levels = await StockLevelRow.all().order_by("sku", "id").limit(3).prefetch_related("location")
    rows = [f"{level.sku},{level.location.code},{level.on_hand + n}" for n, level in enumerate(levels)]
    content = "\n".join(["sku,location,on_hand", *rows, "NO-SUCH-SKU,nowhere,1", ""]).encode()
    upload = await runner.run(keep_upload, KEEPER, KeepUpload("count.csv", "text/csv", content))
    run = await runner.run(start_bulk, KEEPER, StartBulk(upload.value, BulkMode.SET, note="Monthly count"))
    await runner.run(step_of_bulk, KEEPER, StepOfBulk(run.value))


async def wait_for_suppliers(runner: Runner) -> None:
    """A purchase order of which a part has come, some of it broken, and one that is only being put together."""
    levels = await StockLevelRow.all().order_by("sku", "id").limit(2)
    lines = tuple(NewSupplyLine(sku, 24, 480) for sku in dict.fromkeys(level.sku for level in levels))
    order = CreateSupply(SupplyKind.PURCHASE_ORDER, "Spokes & Sons", levels[0].location_id, "EUR", lines)
    first = await runner.run(create_supply, KEEPER, order)
    await runner.run(confirm_supply, KEEPER, ConfirmSupply(first.value))
    arrived = (ArrivedLine(lines[0].sku, 10, damaged=1),)
    await runner.run(receive_supply, KEEPER, ReceiveSupply(first.value, arrived, "One box was wet."))
    await runner.run(create_supply, KEEPER, order)


CHAPTERS: tuple[Chapter, ...] = (count_by_file, wait_for_suppliers)


async def keep_stockrooms(runner: Runner) -> None:
    """One chapter after the other."""
    for chapter in CHAPTERS:
        await chapter(runner)

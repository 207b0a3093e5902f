"""What goes on in the stockrooms of the example shop beside its orders, so that there is some of everything to see."""

from collections.abc import Awaitable, Callable

from domain.bulk.lifecycle import BulkMode
from domain.flows.bulk_stock import StartBulk, StepOfBulk, start_bulk, step_of_bulk
from domain.flows.keep_upload import KeepUpload, keep_upload
from domain.kernel.runner import Runner
from domain.stock.models import StockLevelRow
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


CHAPTERS: tuple[Chapter, ...] = (count_by_file,)


async def keep_stockrooms(runner: Runner) -> None:
    """One chapter after the other."""
    for chapter in CHAPTERS:
        await chapter(runner)

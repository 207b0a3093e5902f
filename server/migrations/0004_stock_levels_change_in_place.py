"""A change of a stock level's counters touches no index, and finds room on its own page."""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops


async def leave_room(_apps: Any, editor: Any) -> None:
    """The next version of a row goes beside it (HOT), and the last one is cleared away by whoever comes by."""
    if editor.DIALECT == "postgres":
        await editor.client.execute_script("ALTER TABLE stock_levels SET (fillfactor = 70)")


class Migration(migrations.Migration):
    dependencies = [("waybill", "0003_indexes_nobody_reads")]

    initial = False

    operations = [
        # It changed with every change of a counter, and so did all the others.
        ops.RemoveIndex(model_name="StockLevelRow", name=None, fields=["updated_at", "id"]),
        ops.RunPython(leave_room),
    ]

"""Tables whose rows are written again are cleared of what is dead in time, however large they are."""

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

# PostgreSQL lets a fifth of a table die first: of a log, where each event is written twice, the look for what has no
# place in the feed yet walks over entries of what is dead.
SETTINGS = """
ALTER TABLE orders SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE stock_levels SET (autovacuum_vacuum_scale_factor = 0.01);
ALTER TABLE log SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.05);
ALTER TABLE stock_log SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.05);
"""


async def clear_sooner(_apps: Any, editor: Any) -> None:
    """On PostgreSQL; SQLite writes in place."""
    if editor.DIALECT == "postgres":
        await editor.client.execute_script(SETTINGS)


class Migration(migrations.Migration):
    dependencies = [("waybill", "0010_revoked_access")]

    initial = False

    operations = [ops.RunPython(clear_sooner)]

"""After the writes: nothing was sold twice, and everything that was placed is whole, whoever placed it."""

import asyncpg

AUDIT_SECONDS = 300
# What is wrong, and the statement that counts it.
FAULTS = {
    "stock levels that are not what the ledger says": """
        SELECT count(*) FROM stock_levels s JOIN (SELECT level_id, sum(on_hand) AS on_hand, sum(allocated) AS allocated
          FROM stock_movements GROUP BY level_id) AS ledger ON ledger.level_id = s.id
        WHERE (s.on_hand, s.allocated) <> (ledger.on_hand, ledger.allocated)""",
    "stock levels that were sold beyond what is there": """
        SELECT count(*) FROM stock_levels
        WHERE on_hand < allocated + reserved + waiting + damaged + quarantined + safety_stock""",
    "requirements that are not allocated as they say": """
        SELECT count(*) FROM requirements r LEFT JOIN (SELECT requirement_id, sum(quantity) AS units FROM allocations
          GROUP BY requirement_id) AS held ON held.requirement_id = r.id
        WHERE coalesce(held.units, 0) <> r.allocated + r.picked + r.packed""",
    "orders whose lines do not add up to them": """
        SELECT count(*) FROM orders o LEFT JOIN (SELECT order_id, sum(gross_minor) AS gross FROM order_lines
          GROUP BY order_id) AS lines ON lines.order_id = o.id
        WHERE coalesce(lines.gross, 0) <> o.subtotal_minor""",
    "orders whose events have gaps": """
        SELECT count(*) FROM orders o LEFT JOIN (SELECT order_id, max(sequence) AS last, count(*) AS n FROM log
          GROUP BY order_id) AS told ON told.order_id = o.id
        WHERE (coalesce(told.last, 0), coalesce(told.n, 0)) <> (o.version, o.version)""",
}


async def faults(url: str) -> list[str]:
    """What is wrong in the database at `url`: nothing, if every target did its work."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        counted = {what: await connection.fetchval(sql, timeout=AUDIT_SECONDS) for what, sql in FAULTS.items()}
    finally:
        await connection.close(timeout=10)
    return [f"{count:,} {what}" for what, count in counted.items() if count]

"""How PostgreSQL runs a statement, and what is wrong with that for tables that grow."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

PAGE_ROWS = 101
# These stay as small as the company is.
NEVER_LARGE = frozenset({"channels", "locations", "feed_head"})
# What one row in fifty has may be found by walking along an index; what is rarer needs one of its own.
FEW_ROWS = 50 * 21


@dataclass(frozen=True)
class Run:
    """One run of a statement: its plan with what each node did, and the pages of the database that it touched."""

    plan: dict[str, Any]

    @property
    def nodes(self) -> Iterator[dict[str, Any]]:
        """Every node of the plan, parents first."""
        waiting = [self.plan]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.get("Plans", ())

    @property
    def blocks(self) -> int:
        """Pages of 8 kB, in memory or not."""
        return int(self.plan["Shared Hit Blocks"] + self.plan["Shared Read Blocks"])

    @property
    def looked_at(self) -> int:
        """Rows that were fetched from tables, the ones that a filter removed included."""
        scans = [node for node in self.nodes if "Relation Name" in node or node["Node Type"] == "Bitmap Index Scan"]
        return round(
            sum(
                node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
                for node in scans
                if node.get("Relation Name") not in NEVER_LARGE
            )
        )

    def faults(self, most_rows: int = FEW_ROWS) -> list[str]:
        """What makes it slower as the tables grow; nothing for a statement as it should be."""
        found = []
        for node in self.nodes:
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] not in NEVER_LARGE:
                found.append(f"reads all of {node['Relation Name']}")
            if "Sort" in node["Node Type"] and (rows := node["Plans"][0]["Actual Rows"]) > PAGE_ROWS:
                found.append(f"sorts {rows:.0f} rows by {', '.join(node['Sort Key'])}")
        if self.looked_at > most_rows:
            found.append(f"looks at {self.looked_at} rows")
        return found


async def run(connection: asyncpg.Connection, sql: str, parameters: Sequence[Any], *, is_generic: bool = True) -> Run:
    """Run the statement, which must not be one that changes anything for good, and say how it went."""
    given = f"({', '.join(map(_literal, parameters))})" if parameters else ""
    await connection.execute(f"set plan_cache_mode = {'force_generic_plan' if is_generic else 'force_custom_plan'}")
    await connection.execute(f"prepare asked as {sql}")
    transaction = connection.transaction()
    await transaction.start()
    try:
        found = await connection.fetchval(f"explain (analyze, buffers, timing off, format json) execute asked{given}")
    finally:
        await transaction.rollback()
        await connection.execute("deallocate asked")
    [explained] = json.loads(found)
    return Run(explained["Plan"])


def _literal(value: Any) -> str:
    if value is None or isinstance(value, bool | int):
        return "null" if value is None else str(value)
    if isinstance(value, list | tuple):
        return f"array[{', '.join(map(_literal, value))}]"
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return "'" + text.replace("'", "''") + "'"

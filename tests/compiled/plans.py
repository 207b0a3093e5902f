"""How PostgreSQL runs a statement, and what is wrong with that for tables that grow."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

PAGE_ROWS = 101
# These stay as small as the company is, or grow by a few rows a day.
NO_TABLE = ""
NEVER_LARGE = frozenset({NO_TABLE, "channels", "locations", "feed_head", "bulk_runs", "imports"})
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
        """Rows that were fetched from tables that grow, those that a filter removed included."""
        return round(sum(map(_looked_at, self.nodes)))

    def faults(self, most_rows: int = FEW_ROWS) -> list[str]:
        """What makes it slower as the tables grow; nothing for a statement as it should be."""
        found = []
        for node in self.nodes:
            if node["Node Type"] == "Seq Scan" and _looked_at(node) > PAGE_ROWS:
                found.append(f"reads all of {node['Relation Name']}")
            if "Sort" in node["Node Type"] and (rows := _rows(node["Plans"][0])) > PAGE_ROWS:
                found.append(f"sorts {rows:.0f} rows by {', '.join(node['Sort Key'])}")
        if self.looked_at > most_rows:
            found.append(f"looks at {self.looked_at} rows")
        return found


def _rows(node: dict[str, Any]) -> float:
    """What a node gave each time; what it was expected to give, where it was not run."""
    return float(node.get("Actual Rows", node["Plan Rows"]))


def _looked_at(node: dict[str, Any]) -> float:
    if node.get("Relation Name", NO_TABLE) in NEVER_LARGE:
        return 0
    return float(node.get("Actual Loops", 1) * (_rows(node) + node.get("Rows Removed by Filter", 0)))


async def run(connection: asyncpg.Connection, sql: str, parameters: Sequence[Any], *, is_generic: bool = True) -> Run:
    """Run the statement and say how it went; one that writes is only planned, for it has done its work already."""
    given = f"({', '.join(map(_literal, parameters))})" if parameters else ""
    how = "analyze, buffers, timing off, " if sql.lower().startswith("select") else ""
    await connection.execute(f"set plan_cache_mode = {'force_generic_plan' if is_generic else 'force_custom_plan'}")
    await connection.execute(f"prepare asked as {sql}")
    try:
        found = await connection.fetchval(f"explain ({how}format json) execute asked{given}")
    finally:
        await connection.execute("deallocate asked")
    [explained] = json.loads(found)
    return Run(explained["Plan"])


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _literal(value: Any) -> str:
    if value is None or isinstance(value, bool | int):
        return "null" if value is None else str(value)
    if isinstance(value, list | tuple):
        text = json.dumps([None if each is None else _text(each) for each in value])
        text = "{" + text[1:-1].replace(", null", ", NULL") + "}"
    else:
        text = _text(value)
    return "'" + text.replace("'", "''") + "'"

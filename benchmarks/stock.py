"""How stock grows: what deeds cost with 1,000,000 movements and 100,000 levels, beside what they cost with 1,000.

python -m benchmarks.stock
"""

import asyncio
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import orjson
import psutil
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.data.generate import Size
from benchmarks.meters import Postgres
from benchmarks.postgres import durable_server, filled_database
from benchmarks.stock_teller import DEEDS, LINES

# Levels are SKUs at three places, each with its receipt; an order has three lines, each allocated and shipped.
SMALL = Size(orders=10, skus=334, places=3)
LARGE = Size(orders=150_000, skus=33_334, places=3)
ROOT = Path(__file__).parent.parent


@dataclass
class Teller:
    """A process that does deeds on one database."""

    url: str
    process: subprocess.Popen[str]

    @classmethod
    def start(cls, url: str) -> "Teller":
        """It is ready when this returns."""
        command = [sys.executable, "-m", "benchmarks.stock_teller", url]
        pipe = subprocess.PIPE
        started = cls(url, subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True))
        assert started._line() == "ready"
        return started

    def do(self, deed: str, count: int) -> tuple[float, float]:
        """The median milliseconds of so many deeds, and the CPU milliseconds of one, the database's included."""
        postgres = asyncio.run(Postgres.of(self.url))
        before = postgres.cpu_seconds()
        assert self.process.stdin is not None
        self.process.stdin.write(f"{deed} {count}\n")
        self.process.stdin.flush()
        told: dict[str, Any] = orjson.loads(self._line())
        cpu = told["cpu"] + postgres.cpu_seconds() - before
        return statistics.median(told["seconds"]) * 1000, cpu / count * 1000

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def stop(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)


async def counted(url: str) -> tuple[int, int]:
    """Movements and levels."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        sql = "SELECT (SELECT count(*) FROM stock_movements), (SELECT count(*) FROM stock_levels)"
        return tuple(await connection.fetchrow(sql, timeout=60))
    finally:
        await connection.close(timeout=10)


def main(
    rounds: Annotated[int, typer.Option(help="How often each is measured, the two in turns.", min=1)] = 9,
    count: Annotated[int, typer.Option(help="How many deeds each time.", min=1)] = 100,
    orders: Annotated[int, typer.Option(help="Orders of the large shop: six movements each.", min=1)] = LARGE.orders,
    into: Annotated[Path, typer.Option(help="The folder for stock.json.")] = Path("benchmark-results"),
) -> None:
    """Measure each deed on a small and on a large shop, in turns, and print the ratios."""
    console = Console()
    with ExitStack() as house:
        server = house.enter_context(durable_server())
        tellers = []
        for size in (SMALL, replace(LARGE, orders=orders)):
            with console.status(f"writing {size.skus * size.places:,} levels and {size.orders:,} orders"):
                url = house.enter_context(filled_database(server, size, lambda _done, _all: None))
            movements, levels = asyncio.run(counted(url))
            console.print(f"{movements:,} movements, {levels:,} levels")
            tellers.append(Teller.start(url))
            house.callback(tellers[-1].stop)
        measured = {deed: measure(deed, tellers, rounds, count) for deed in DEEDS}
    console.print(table(measured), f"Load of the machine: {psutil.getloadavg()[0]:.1f} on {psutil.cpu_count()} cores.")
    into.mkdir(parents=True, exist_ok=True)
    (into / "stock.json").write_bytes(orjson.dumps({"at": time.time(), "measured": measured}))


Measured = list[list[tuple[float, float]]]


def measure(deed: str, tellers: list[Teller], rounds: int, count: int) -> Measured:
    """Of each round, what each of the two said: milliseconds, and those of CPU. They begin in turns."""
    for teller in tellers:
        teller.do(deed, count)  # warm
    found: Measured = []
    for n in range(rounds):
        said = {teller.url: teller.do(deed, count) for teller in (tellers if n % 2 else tellers[::-1])}
        found.append([said[teller.url] for teller in tellers])
    return found


def table(measured: dict[str, Measured]) -> Table:
    """Medians over the rounds, and the medians of the ratios within a round."""
    shown = Table("deed", "ms, small", "ms, large", "ratio", "CPU ms, small", "CPU ms, large", "ratio of CPU")
    titles = {"place": f"place an order of {LINES} lines", "move": "receive a unit", "atp": f"read ATP of {LINES} SKUs"}
    for deed, rounds in measured.items():
        cells = []
        for what in range(2):
            small, large = ([each[which][what] for each in rounds] for which in range(2))
            ratios = [after / before for before, after in zip(small, large, strict=True)]
            cells += [f"{statistics.median(small):.2f}", f"{statistics.median(large):.2f}"]
            cells.append(f"{statistics.median(ratios):.2f}")
        shown.add_row(titles.get(deed, "check one SKU"), *cells)
    return shown


if __name__ == "__main__":
    typer.run(main)

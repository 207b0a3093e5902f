"""The command: starts everything, measures it side by side, and tells what came of it."""

import asyncio
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.data.generate import Size
from benchmarks.facts import draw
from benchmarks.meters import Postgres
from benchmarks.postgres import durable_server, filled_database
from benchmarks.report import table
from benchmarks.rounds import Plan, Stage, Window, run
from benchmarks.targets.all import TARGETS
from benchmarks.workloads.all import WORKLOADS

console = Console()


def main(
    orders: Annotated[int, typer.Option(help="How many orders there are.")] = 100_000,
    workload: Annotated[list[str] | None, typer.Option(help="Which workloads; all, if none is named.")] = None,
    target: Annotated[list[str] | None, typer.Option(help="Which targets; all, if none is named.")] = None,
    rounds: Annotated[int, typer.Option(help="How often each is measured.")] = 5,
    seconds: Annotated[float, typer.Option(help="For how long each time.")] = 4.0,
    warm: Annotated[float, typer.Option(help="How long each is asked before it is measured, each time.")] = 1.0,
    database: Annotated[str | None, typer.Option(help="The URL of a filled database: none is made then.")] = None,
) -> None:
    """Measure Waybill beside hand-written SQL and its peers."""
    with ExitStack() as stack:
        progress = stack.enter_context(
            Progress(TextColumn("{task.description:40}"), BarColumn(), TimeElapsedColumn(), console=console)
        )
        asyncio.run(_measured(orders, database, progress, workload, target, Plan(rounds, seconds, warm)))


async def _measured(orders, database, progress, workload, target, plan) -> None:
    if database is not None:
        await _on(database, progress, workload, target, plan)
        return
    with durable_server() as server:
        filling = progress.add_task(f"{orders:,} orders")
        tell = lambda done, total: progress.update(filling, completed=done, total=total)  # noqa: E731
        async with filled_database(server, Size(orders), tell) as filled:
            await _on(filled.url, progress, workload, target, plan)


async def _on(url: str, progress, workload, target, plan) -> None:
    facts = await draw(url)
    postgres = await Postgres.of(url)
    workloads = [WORKLOADS[name] for name in workload or WORKLOADS]
    targets = [TARGETS[name] for name in target or TARGETS]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="waybill-benchmarks-")))
        facts.write(folder / "facts.json")
        servers = {each.name: (each, stack.enter_context(each.start(url, folder))) for each in targets}
        total = plan.rounds * sum(each.name in t.workloads for each in workloads for t in targets)
        measuring = progress.add_task("measuring", total=total)

        def tell(window: Window) -> None:
            progress.update(
                measuring, advance=1, description=f"{window.workload} {window.target} {window.per_second:,.0f}/s"
            )

        windows = run(Stage(servers, folder / "facts.json", postgres), workloads, plan, tell)
        memory = {name: server.peak_bytes for name, (_, server) in servers.items()}
    console.print(table(windows, memory))


if __name__ == "__main__":
    typer.run(main)

"""The command: starts everything, measures it side by side, and tells what came of it."""

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from benchmarks.agreement import Disagreement
from benchmarks.benches import Bench, Choice
from benchmarks.processes import ServerFailed
from benchmarks.rounds import LoadEnded, Plan
from benchmarks.targets.all import TARGETS
from benchmarks.workloads.all import WORKLOADS

Thing = TypeVar("Thing")


def main(
    orders: Annotated[
        list[int] | None, typer.Option(help="How many orders there are. Several times: how Waybill grows with them.")
    ] = None,
    workload: Annotated[
        list[str] | None, typer.Option(help=f"Which of {', '.join(WORKLOADS)}; all by default.")
    ] = None,
    target: Annotated[list[str] | None, typer.Option(help=f"Which of {', '.join(TARGETS)}; all by default.")] = None,
    rounds: Annotated[int, typer.Option(help="How often each is measured.", min=1)] = 5,
    seconds: Annotated[float, typer.Option(help="For how long each time.", min=0.5)] = 4.0,
    warm: Annotated[float, typer.Option(help="How long each is asked first, each time.", min=0.1)] = 1.0,
    database: Annotated[str | None, typer.Option(help="A filled database to use: its URL. Orders are added.")] = None,
    into: Annotated[Path, typer.Option(help="The folder for results.json, table.md and plot.svg.")] = Path(
        "benchmark-results"
    ),
    publish: Annotated[bool, typer.Option("--publish", help="Put the results into benchmarks/README.md.")] = False,
) -> None:
    """Measure Waybill beside hand-written SQL and its peers, or beside itself with more orders."""
    # As an interrupt from the keyboard: everything that was started is put away first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = Choice(
        orders or [100_000],
        _named(WORKLOADS, workload, "workload"),
        _named(TARGETS, target, "target"),
        Plan(rounds, seconds, warm),
        database,
    )
    console = Console()
    columns = (TextColumn("{task.description:48}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console) as progress:
            report = Bench(chosen, progress).run()
    except (ServerFailed, LoadEnded, Disagreement, TimeoutError) as failure:
        Console(stderr=True).print(f"[bold red]error:[/] {escape(str(failure))}")
        raise typer.Exit(1) from None
    console.print(*report.tables(), *report.notes, sep="\n")
    report.write(into)
    if publish:
        report.publish()


def _named(known: Mapping[str, Thing], names: list[str] | None, what: str) -> list[Thing]:
    """Those of these names; all, if none is named."""
    if unknown := set(names or ()) - set(known):
        raise typer.BadParameter(f"there is no {what} {', '.join(sorted(unknown))}, but {', '.join(known)}")
    return [known[name] for name in names or known]


if __name__ == "__main__":
    typer.run(main)

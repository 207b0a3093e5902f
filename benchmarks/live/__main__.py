"""The command: starts everything, has it watched side by side, and tells what came of it."""

import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.markup import escape

from benchmarks.live.bench import Bench, Choice, TooFewFiles
from benchmarks.live.facts import TooFewOrders
from benchmarks.live.report import RESULTS
from benchmarks.live.rounds import Plan
from benchmarks.live.sittings import NAP_SECONDS
from benchmarks.live.talking import Fault
from benchmarks.live.targets import TARGETS
from benchmarks.live.workloads import WORKLOADS
from benchmarks.processes import ServerFailed

Thing = TypeVar("Thing")


def main(
    watchers: Annotated[int, typer.Option(help="How many sockets.", min=2)] = 1_000,
    workload: Annotated[
        list[str] | None, typer.Option(help=f"Which of {', '.join(WORKLOADS)}, or none; all by default.")
    ] = None,
    target: Annotated[list[str] | None, typer.Option(help=f"Which of {', '.join(TARGETS)}; all by default.")] = None,
    rounds: Annotated[int, typer.Option(help="How often each is measured.", min=1)] = 5,
    seconds: Annotated[float, typer.Option(help="For how long each time.", min=0.1)] = 4.0,
    stalled: Annotated[bool, typer.Option("--stalled", help="Also with one reader that stops reading.")] = False,
    idle: Annotated[int, typer.Option(help="Also so many idle sockets, and what they take of the memory.", min=0)] = 0,
    nap: Annotated[float, typer.Option(help="Seconds in which the client lets messages come together.")] = NAP_SECONDS,
    into: Annotated[Path, typer.Option(help="The folder for the results.")] = Path("benchmark-results/live"),
    publish: Annotated[bool, typer.Option("--publish", help="Put the results into benchmarks/results/live.")] = False,
) -> None:
    """Measure how soon, and at what cost, Waybill and others tell 1,000 watchers."""
    # As an interrupt from the keyboard: everything that was started is put away first.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = Choice(
        [] if workload == ["none"] else _named(WORKLOADS, workload, "workload"),
        _named(TARGETS, target, "target"),
        Plan(watchers, rounds, seconds),
        stalled,
        idle,
        nap,
    )
    console = Console()
    try:
        with console.status("starting") as status:

            def tell(said: str) -> None:
                console.log(said) if not console.is_terminal else status.update(said)

            report = Bench(chosen, tell).run()
    except (ServerFailed, Fault, TooFewFiles, TooFewOrders) as failure:
        Console(stderr=True).print(f"[bold red]error:[/] {escape(str(failure))}")
        raise typer.Exit(1) from None
    console.print(*report.tables(), *report.notes, sep="\n")
    report.write(RESULTS if publish else into)


def _named(known: Mapping[str, Thing], names: list[str] | None, what: str) -> list[Thing]:
    """Those of these names, in our order; all, if none is named."""
    if unknown := set(names or ()) - set(known):
        raise typer.BadParameter(f"there is no {what} {', '.join(sorted(unknown))}, but {', '.join(known)}")
    return [known[name] for name in known if not names or name in names]


if __name__ == "__main__":
    typer.run(main)

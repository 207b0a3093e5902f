"""A stalled reader: how soon the others are told, with one that stops reading and without."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.live.rounds import Stage
from benchmarks.live.sittings import Entrant, Sitting, publishing, watching
from benchmarks.live.workloads import WORKLOADS
from benchmarks.processes import paused

# The one that stalls has so many operations: its buffers are full in a moment, and not after minutes.
OPERATIONS = 20
BURSTS_BEFORE = 4
# It sends to one after the other and waits for each, so with one that does not read nobody is told anything any more.
LEFT_OUT = ("bare", "raw", "graphql-ws-rows")


@dataclass(frozen=True)
class Stalled:
    """The p99 of the others in one round, in seconds, and what became of the one.

    `waited` is how many messages of its own it found when it read again, of so many that were sent, and `kernel_bytes`
    what of them had left the server: the rest was in its memory. `closed` is the code with which the server had closed
    it, 1006 if without a word, and None if it had not.
    """

    entrant: str
    round: int
    p99_without: float
    p99_with: float
    sent: int
    waited: int
    kernel_bytes: int
    closed: int | None


def measure(stage: Stage, tell: Callable[[Stalled], None]) -> list[Stalled]:
    """In each round every entrant with, and without, one that stalls; which comes first changes from round to round."""
    able = [each for each in stage.entrants if each.name not in LEFT_OUT]
    found = []
    for turn in range(stage.plan.rounds):
        for entrant in able:
            with paused([each.server for each in stage.entrants if each is not entrant]):
                both = [
                    _p99(stage, entrant, stalls=stalls) for stalls in ((False, True) if turn % 2 else (True, False))
                ]
            without, stalled = both if turn % 2 else both[::-1]
            found.append(Stalled(entrant.name, turn, without[0], stalled[0], *stalled[1:]))
            tell(found[-1])
    return found


def lines(found: Sequence[Stalled], titles: dict[str, str]) -> list[tuple[str, ...]]:
    """A line of a table for each entrant; medians, and the least and the most."""
    told: list[tuple[str, ...]] = []
    for name in dict.fromkeys(each.entrant for each in found):
        these = [each for each in found if each.entrant == name]
        ratios = [each.p99_with / each.p99_without for each in these]
        told.append(
            (
                titles[name],
                f"{median(each.p99_without for each in these) * 1000:.1f}",
                f"{median(each.p99_with for each in these) * 1000:.1f}",
                f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})",
                _became(these[-1]),
            )
        )
    return told


def _became(one: Stalled) -> str:
    kept = "kept" if one.closed is None else f"closed with {one.closed}"
    kernel = f"{one.kernel_bytes / 1024:,.0f} kB of them in the kernel"
    return f"{kept}; {one.waited:,} of {one.sent:,} messages waited for it, {kernel}"


def _p99(stage: Stage, entrant: Entrant, *, stalls: bool) -> tuple[float, int, int, int, int | None]:
    workload, count, props = WORKLOADS["burst"], stage.plan.watchers, stage.props
    with (
        publishing(entrant, props) as publisher,
        watching(entrant, props, count, is_of_one=True, stalled=OPERATIONS) as watchers,
    ):
        sitting = Sitting(entrant, publisher, watchers, count - 1)
        sitting.establish(workload)
        if stalls:
            watchers.ask(do="stall")
        for _ in range(BURSTS_BEFORE):
            sitting.publish(next(workload.publications(count - 1, stage.chance)))
        watchers.ask(do="begin")
        done = sitting.deliver(workload, stage.plan.seconds, stage.chance)
        measured = watchers.ask(do="end", told=[each["told"] for each in done])
        became = watchers.ask(do="wake")
        sent = (len(done) + BURSTS_BEFORE) * workload.events * OPERATIONS
        return measured["p99"], sent, became["waited"], became["kernel"], became["closed"]

"""Runs an import: whole orders, batch by batch, each batch one commit; killed at any moment, it is simply run again."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from domain.flows.import_orders import import_orders
from domain.flows.imported import ImportBatch, ImportChannel, ImportedOrder, ImportResult
from domain.kernel.actor import SYSTEM
from domain.kernel.errors import DomainError
from domain.kernel.runner import Runner
from server.importing.faults import Fault, ImportRefused
from server.importing.grouping import SourceOrder, source_orders
from server.importing.mapping import Mapping
from server.importing.readers import Source, open_source
from server.importing.report import ErrorReport
from server.importing.tally import Tally
from server.importing.translation import Rejection, Translator

DIFFERS = Fault(
    "ORDER_DIFFERS",
    "",
    "The channel already has an order of this reference with other contents. Rows of one order must stand close"
    " together (look_ahead_rows), and an order that was imported is not changed by importing it again.",
)


@dataclass(frozen=True)
class Candidate:
    """An order of the file that nothing is wrong with, and the rows it came from."""

    source: SourceOrder
    order: ImportedOrder


Verdict = ImportResult | Fault


class Lander(Protocol):
    """Lands a batch of orders in one commit."""

    orders_at_once: int
    rows_at_once: int

    async def land(self, orders: list[ImportedOrder]) -> list[Verdict]:
        """What became of each. Raises DomainError when none of them landed."""


@dataclass
class HistoryLander:
    """Lands orders in their final state."""

    runner: Runner
    channel: ImportChannel
    dry_run: bool
    orders_at_once: int = 200
    rows_at_once: int = 4_000

    async def land(self, orders: list[ImportedOrder]) -> list[Verdict]:
        """What became of each."""
        batch = ImportBatch(self.channel, tuple(orders))
        outcome = await self.runner.run(import_orders, SYSTEM, batch, dry_run=self.dry_run)
        return [DIFFERS if result is ImportResult.DIFFERS else result for result in outcome.value]


def channel_of(mapping: Mapping) -> ImportChannel:
    """The channel that the mapping names."""
    named = mapping.channel
    zone = named.time_zone or mapping.source.time_zone
    return ImportChannel(named.code, named.name or named.code, named.currency, named.legal_entity, zone)


async def run_import(
    path: Path,
    mapping: Mapping,
    lander: Lander,
    report_path: Path,
    progress: Callable[[Source, Tally], Awaitable[None]],
) -> Tally:
    """What became of every row; rejected ones are in the report. `progress` is told after each commit.

    Raises ImportRefused when the file cannot be read (what was committed before stays), and DomainError likewise.
    """
    tally = Tally()
    with open_source(path, mapping.source) as source:
        _check_columns(source, mapping)
        report = ErrorReport(
            report_path, source.columns, encoding=mapping.source.encoding, delimiter=mapping.source.delimiter
        )
        with report:
            for rejected, batch in _batches(source, mapping, lander):
                for rejection in rejected:
                    report.write(rejection)
                    tally.reject(rejection)
                await _land(batch, lander, report, tally)
                await progress(source, tally)
    return tally


async def _land(batch: list[Candidate], lander: Lander, report: ErrorReport, tally: Tally) -> None:
    verdicts = await lander.land([each.order for each in batch]) if batch else []
    for candidate, verdict in zip(batch, verdicts, strict=True):
        rows = len(candidate.source.records)
        if isinstance(verdict, Fault):
            rejection = Rejection.whole(candidate.source, verdict)
            report.write(rejection)
            tally.reject(rejection)
        elif verdict is ImportResult.IMPORTED:
            tally.imported(candidate.order, rows)
        else:
            tally.already_there(rows)


def _batches(source: Source, mapping: Mapping, lander: Lander) -> Iterator[tuple[list[Rejection], list[Candidate]]]:
    """What is rejected and what is to land next, a commit's worth at a time."""
    translator = Translator(mapping)
    rejected: list[Rejection] = []
    batch: list[Candidate] = []
    rows = 0
    for order in source_orders(source, mapping):
        read = translator.translate(order)
        rows += len(order.lines) or 1
        if isinstance(read, Rejection):
            rejected.append(read)
        else:
            batch.append(Candidate(order, read))
        if len(batch) >= lander.orders_at_once or rows >= lander.rows_at_once:
            yield rejected, batch
            rejected, batch, rows = [], [], 0
    yield rejected, batch


def _check_columns(source: Source, mapping: Mapping) -> None:
    if source.columns and mapping.source.lines:
        raise ImportRefused("Nested lines, as the mapping has them, need a JSON Lines file.")
    missing = sorted(mapping.columns - set(source.columns)) if source.columns else []
    if missing:
        raise ImportRefused(f"{source.path.name} has no column {missing[0]}; it has {', '.join(source.columns)}.")
    if not source.columns and source.size == 0:
        raise ImportRefused(f"{source.path.name} is empty.")


def told(error: DomainError) -> str:
    """A refusal of a whole batch, for the person at the terminal."""
    return f"{error.message} What was committed before stays: run the same command again to go on."

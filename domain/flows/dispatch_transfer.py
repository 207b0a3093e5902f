"""Transfers that leave: the units go from the source's books, and are expected at the destination."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.flows.counted_goods import SkuUnits, added_up, check_lines, field_of
from domain.flows.serial_numbers import check_some, send
from domain.flows.transferred_units import by_sku, leaving
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput
from domain.kernel.sets import add_all
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.stock import service as stock
from domain.stock.errors import InsufficientStock
from domain.stock.models import MovementCause, StockLevelRow
from domain.transfers import service as transfers
from domain.transfers.events import TransferDispatched
from domain.transfers.lifecycle import TransferAction
from domain.transfers.models import TransferLineRow, TransferRow


@dataclass(frozen=True)
class LeavingUnits(SkuUnits):
    """Units of one SKU that leave, and the serial numbers of those that move with their name."""

    serial_numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class DispatchTransfer:
    """Its units leave. Without `lines`: all that is planned; with lines these alone, the rest was not found."""

    transfer_id: UUID
    lines: tuple[LeavingUnits, ...] = ()


async def dispatch_transfer(tx: UnitOfWork, request: DispatchTransfer) -> UUID:
    """Units leave the source and are on their way; the transfer's id. What was not found is taken off the plan.

    Raises InsufficientStock where the books have fewer on hand than leave: count first, for one of the two is wrong.
    """
    tx.actor.require(Permission.ADJUST_STOCK)
    check_lines(request.lines)
    transfer, lines = await transfers.lock(tx, request.transfer_id)
    transfers.step(transfer, TransferAction.DISPATCH)
    units = _leaving(request, lines)
    sources = await _leave(tx, transfer, lines, units)
    for n, each in enumerate(request.lines):
        path = ("lines", str(n), "serialNumbers")
        check_some(each.serial_numbers, each.quantity, path=path)
        await send(sources[each.sku], each.serial_numbers, transfer.id, path=path)
    await add_all(
        TransferLineRow,
        {
            line.id: {
                "allocated": -line.allocated,
                "dispatched": units[line.id],
                "quantity": units[line.id] - line.quantity,
                "short": line.quantity - units[line.id],
            }
            for line in lines
        },
    )
    transfer.dispatched_at = tx.now
    await transfer.save(update_fields=["status", "dispatched_at"])
    gone, planned = sum(units.values()), sum(line.quantity for line in lines)
    tx.record(TransferDispatched(None, transfer.id, gone, planned - gone))
    return transfer.id


def _leaving(request: DispatchTransfer, lines: Sequence[TransferLineRow]) -> dict[UUID, int]:
    """Units that leave, by line."""
    if not request.lines:
        return {line.id: line.quantity for line in lines}
    given = added_up(request.lines)
    for sku, line in by_sku(lines, request.lines).items():
        if given[sku] > line.quantity:
            sentence = f"{line.quantity} units of {sku} are set aside for it: no more can leave with it."
            raise InvalidInput(sentence, path=field_of(request.lines, sku, "quantity"))
    return {line.id: given.get(line.sku, 0) for line in lines}


async def _leave(
    tx: UnitOfWork, transfer: TransferRow, lines: Sequence[TransferLineRow], units: Mapping[UUID, int]
) -> dict[str, UUID]:
    """Take the units off the shelves of the source; its locked levels, by SKU."""
    levels = await _levels(tx, transfer, lines)
    may_go_below_zero = (await LocationRow.get(id=transfer.source_id)).allows_negative_on_hand
    movements = []
    for line in lines:
        gone = units[line.id]
        source = levels[line.variant_id, transfer.source_id]
        if gone > source.on_hand and not may_go_below_zero:
            raise InsufficientStock(line.sku, gone, max(source.on_hand, 0))
        movements += leaving(transfer, source.id, gone, line.quantity - gone)
        if gone:
            there = levels[line.variant_id, transfer.destination_id]
            movements.append(stock.Movement(there.id, MovementCause.EXPECTED, incoming=gone, subject_id=transfer.id))
    await stock.move(tx, movements)
    return {line.sku: levels[line.variant_id, transfer.source_id].id for line in lines}


async def _levels(
    tx: UnitOfWork, transfer: TransferRow, lines: Sequence[TransferLineRow]
) -> Mapping[tuple[UUID, UUID], StockLevelRow]:
    """The locked levels at both ends; those that are not there yet are made in one order, whoever makes them."""
    ends = (transfer.source_id, transfer.destination_id)
    wanted = {(line.variant_id, end): line.sku for line in lines for end in ends}
    return await stock.levels_at(tx, dict(sorted(wanted.items())))

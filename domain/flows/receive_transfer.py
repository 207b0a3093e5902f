"""Transfers that arrive: in part or in full, with more than had left, with damage; what is missing is written off."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.flows.counted_goods import SkuUnits, added_up, check_lines, field_of
from domain.flows.serial_numbers import arrive, check_some, end_way, is_any_sent
from domain.flows.transferred_units import arriving, by_sku, lots_of, lots_on_their_way
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput
from domain.kernel.sets import add_all
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock import service as stock
from domain.stock.decisions import check_note
from domain.stock.models import MovementCause
from domain.transfers import service as transfers
from domain.transfers.events import TransferReceived, TransferWrittenOff
from domain.transfers.lifecycle import TransferAction
from domain.transfers.models import TransferLineRow, TransferRow


@dataclass(frozen=True)
class ArrivedUnits:
    """Units of one SKU that arrived; so many of them damaged. Named may be those whose serial numbers had left."""

    sku: str
    quantity: int
    damaged: int = 0
    serial_numbers: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReceiveTransfer:
    """Units arrived. Without `lines`: all that are on their way, and none of them damaged."""

    transfer_id: UUID
    lines: tuple[ArrivedUnits, ...] = ()


@dataclass(frozen=True)
class _Arrival:
    """What arrived of one line, in units: of those on their way, beyond them, and, of both, damaged."""

    units: int
    surplus: int
    damaged: int


async def receive_transfer(tx: UnitOfWork, request: ReceiveTransfer) -> UUID:
    """Units come on hand at the destination; the transfer's id, RECEIVED once nothing is on its way any more.

    More than had left is a fact, and on hand like the rest; the ledger tells it apart, as found.
    """
    tx.actor.require(Permission.ADJUST_STOCK)
    check_lines(request.lines)
    transfer, lines = await transfers.lock(tx, request.transfer_id)
    transfers.step(transfer, TransferAction.RECEIVE)
    arrivals = _arrivals(request, lines)
    here = await _destination(transfer, [line for line in lines if line.id in arrivals])
    await _take_in(tx, transfer, {line: arrivals[line.id] for line in lines if line.id in arrivals}, here)
    await add_all(
        TransferLineRow,
        {each: {"received": it.units, "surplus": it.surplus, "damaged": it.damaged} for each, it in arrivals.items()},
    )
    levels = {line.sku: here[line.variant_id] for line in lines if line.id in arrivals}
    for n, each in enumerate(request.lines):
        path = ("lines", str(n), "serialNumbers")
        check_some(each.serial_numbers, each.quantity, path=path)
        await arrive(levels[each.sku], each.serial_numbers, transfer.id, path=path)
    await _end(tx, transfer, lines)
    units, surplus, damaged = (
        sum(getattr(it, name) for it in arrivals.values()) for name in ("units", "surplus", "damaged")
    )
    tx.record(TransferReceived(None, transfer.id, units, surplus, damaged))
    return transfer.id


async def _take_in(
    tx: UnitOfWork, transfer: TransferRow, arrivals: Mapping[TransferLineRow, _Arrival], here: Mapping[UUID, UUID]
) -> None:
    """Put what arrived on the shelves, in the lots that it left."""
    on_their_way = await lots_on_their_way(transfer, {here[line.variant_id]: line.sku for line in arrivals})
    movements = []
    for line, it in arrivals.items():
        lots = lots_of(it.units, on_their_way.get(line.sku, {}))
        movements += arriving(
            transfer, here[line.variant_id], it.units, lots=lots, surplus=it.surplus, damaged=it.damaged
        )
        line.received += it.units
    await stock.move(tx, movements)


def _arrivals(request: ReceiveTransfer, lines: Sequence[TransferLineRow]) -> dict[UUID, _Arrival]:
    """What arrived, by line."""
    if not request.lines:
        return {line.id: _Arrival(line.on_its_way, 0, 0) for line in lines if line.on_its_way}
    units = added_up([SkuUnits(each.sku, each.quantity) for each in request.lines])
    damaged: Counter[str] = Counter()
    for n, each in enumerate(request.lines):
        if not 0 <= each.damaged <= each.quantity:
            sentence = f"Of {each.quantity} units that arrived, 0 to {each.quantity} are damaged."
            raise InvalidInput(sentence, path=("lines", str(n), "damaged"))
        damaged[each.sku] += each.damaged
    found = {}
    for sku, line in by_sku(lines, request.lines).items():
        expected = min(units[sku], line.on_its_way)
        found[line.id] = _Arrival(expected, units[sku] - expected, damaged[sku])
    return found


@dataclass(frozen=True)
class WriteOffTransfer:
    """Units will not arrive. Without `lines`: all that are on their way."""

    transfer_id: UUID
    lines: tuple[SkuUnits, ...] = ()
    note: str | None = None


async def write_off_transfer(tx: UnitOfWork, request: WriteOffTransfer) -> UUID:
    """Units that left are given up; the transfer's id, RECEIVED once nothing is on its way any more."""
    tx.actor.require(Permission.ADJUST_STOCK)
    check_note(request.note)
    check_lines(request.lines)
    transfer, lines = await transfers.lock(tx, request.transfer_id)
    transfers.step(transfer, TransferAction.WRITE_OFF)
    lost = _lost(request, lines)
    here = await _destination(transfer, [line for line in lines if line.id in lost])
    movements = [
        stock.Movement(
            here[line.variant_id],
            MovementCause.WRITTEN_OFF,
            incoming=-lost[line.id],
            subject_id=transfer.id,
            note=request.note,
        )
        for line in lines
        if line.id in lost
    ]
    await stock.move(tx, movements)
    await add_all(TransferLineRow, {each: {"written_off": units} for each, units in lost.items()})
    for line in lines:
        line.written_off += lost.get(line.id, 0)
    await _end(tx, transfer, lines)
    tx.record(TransferWrittenOff(None, transfer.id, sum(lost.values())))
    return transfer.id


def _lost(request: WriteOffTransfer, lines: Sequence[TransferLineRow]) -> dict[UUID, int]:
    """Units that will not arrive, by line."""
    if not request.lines:
        return {line.id: line.on_its_way for line in lines if line.on_its_way}
    units = added_up(request.lines)
    named = by_sku(lines, request.lines)
    for sku, line in named.items():
        if units[sku] > line.on_its_way:
            sentence = f"{line.on_its_way} units of {sku} are on their way, not {units[sku]}."
            raise InvalidInput(sentence, path=field_of(request.lines, sku, "quantity"))
    return {line.id: units[sku] for sku, line in named.items()}


async def _destination(transfer: TransferRow, lines: Sequence[TransferLineRow]) -> Mapping[UUID, UUID]:
    """The levels of the destination, locked, by variant. They were made when the units left."""
    levels = await stock.lock_levels({line.variant_id for line in lines})
    return {level.variant_id: level.id for level in levels if level.location_id == transfer.destination_id}


async def _end(tx: UnitOfWork, transfer: TransferRow, lines: Sequence[TransferLineRow]) -> None:
    """It is RECEIVED when nothing is on its way any more; what left by its serial number is settled then."""
    if not any(line.on_its_way for line in lines):
        transfers.step(transfer, TransferAction.COMPLETE, lines)
        transfer.ended_at = tx.now
        if await is_any_sent(transfer.id):
            here = await _destination(transfer, lines)
            for line in lines:
                await end_way(
                    here[line.variant_id], line.variant_id, transfer.id, lost=line.written_off, arrived=line.received
                )
    await transfer.save(update_fields=["status", "ended_at"])

"""Transfers, until their units are set aside: planned, and planned anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.flows.counted_goods import SkuUnits, added_up, check_lines, counted_variants
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import new_id
from domain.kernel.numbers import new_number
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.locations.queries import no_location
from domain.stock.decisions import check_note
from domain.transfers import service as transfers
from domain.transfers.lifecycle import TransferAction, TransferStatus
from domain.transfers.models import TransferLineRow, TransferRow


@dataclass(frozen=True)
class PlanTransfer:
    """Units are to move from one location to another."""

    source_id: UUID
    destination_id: UUID
    lines: tuple[SkuUnits, ...]
    expected_at: datetime | None = None
    note: str | None = None


async def plan_transfer(tx: UnitOfWork, request: PlanTransfer) -> UUID:
    """Plan a transfer; its id. Nothing is set aside yet, and nothing has to be there yet."""
    tx.actor.require(Permission.ADJUST_STOCK)
    check_note(request.note)
    if request.source_id == request.destination_id:
        raise InvalidInput("A transfer goes to another location.", path=("destination",))
    places = {row.id for row in await LocationRow.filter(id__in=[request.source_id, request.destination_id])}
    for name, place in (("source", request.source_id), ("destination", request.destination_id)):
        if place not in places:
            raise no_location(place, path=(name,))
    transfer = TransferRow(
        id=new_id(),
        number=f"T-{new_number()}",
        source_id=request.source_id,
        destination_id=request.destination_id,
        status=TransferStatus.DRAFT,
        note=request.note,
        expected_at=request.expected_at,
        created_by=tx.actor.principal,
        created_at=tx.now,
    )
    tx.add(transfer, *await _lines(transfer.id, request.lines))
    return transfer.id


@dataclass(frozen=True)
class SetTransferLines:
    """Other units are to move than was planned: these are all of them."""

    transfer_id: UUID
    lines: tuple[SkuUnits, ...]


async def set_transfer_lines(tx: UnitOfWork, request: SetTransferLines) -> UUID:
    """Plan the units of a DRAFT anew; its id. Raises IllegalTransition once they are set aside: cancel it then."""
    tx.actor.require(Permission.ADJUST_STOCK)
    transfer, before = await transfers.lock(tx, request.transfer_id)
    transfers.step(transfer, TransferAction.SET_LINES)
    lines = await _lines(transfer.id, request.lines)
    await TransferLineRow.filter(id__in=[line.id for line in before]).delete()
    tx.add(*lines)
    return transfer.id


async def _lines(transfer_id: UUID, given: Sequence[SkuUnits]) -> list[TransferLineRow]:
    check_lines(given, at_least=1)
    variants, units = await counted_variants(given), added_up(given)
    return [
        TransferLineRow(transfer_id=transfer_id, variant_id=variants[sku].id, sku=sku, quantity=count)
        for sku, count in units.items()
    ]

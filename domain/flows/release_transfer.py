"""Transfers that become work: their units set aside at the source, or given back when it is called off."""

from dataclasses import dataclass
from uuid import UUID

from domain.flows.set_aside import SetAside, give_back, set_aside
from domain.kernel.actor import Permission
from domain.kernel.sets import add_all
from domain.kernel.unit_of_work import UnitOfWork
from domain.transfers import service as transfers
from domain.transfers.events import TransferCanceled, TransferReleased
from domain.transfers.lifecycle import TransferAction
from domain.transfers.models import TransferLineRow


@dataclass(frozen=True)
class ReleaseTransfer:
    """It can be picked."""

    transfer_id: UUID


async def release_transfer(tx: UnitOfWork, request: ReleaseTransfer) -> UUID:
    """Set its units aside at the source, all of them or none; its id.

    Raises InsufficientStock for each SKU of which too few are free.
    """
    tx.actor.require(Permission.ADJUST_STOCK)
    transfer, lines = await transfers.lock(tx, request.transfer_id)
    transfers.step(transfer, TransferAction.RELEASE)
    wanted = [SetAside(line.variant_id, line.sku, line.quantity) for line in lines]
    await set_aside(tx, transfer.id, transfer.source_id, wanted)
    await add_all(TransferLineRow, {line.id: {"allocated": line.quantity} for line in lines})
    transfer.released_at = tx.now
    await transfer.save(update_fields=["status", "released_at"])
    tx.record(TransferReleased(None, transfer.id, sum(line.quantity for line in lines)))
    return transfer.id


@dataclass(frozen=True)
class CancelTransfer:
    """It is not needed."""

    transfer_id: UUID


async def cancel_transfer(tx: UnitOfWork, request: CancelTransfer) -> UUID:
    """Call it off before it has left; its id. What was set aside is free again."""
    tx.actor.require(Permission.ADJUST_STOCK)
    transfer, lines = await transfers.lock(tx, request.transfer_id)
    transfers.step(transfer, TransferAction.CANCEL)
    held = [SetAside(line.variant_id, line.sku, line.allocated) for line in lines if line.allocated]
    await give_back(tx, transfer.id, transfer.source_id, held)
    await add_all(TransferLineRow, {line.id: {"allocated": -line.allocated} for line in lines if line.allocated})
    transfer.ended_at = tx.now
    await transfer.save(update_fields=["status", "ended_at"])
    tx.record(TransferCanceled(None, transfer.id))
    return transfer.id

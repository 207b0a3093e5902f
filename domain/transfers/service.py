"""Writes to transfers: their locks, and the steps of their lifecycle."""

from collections.abc import Sequence
from uuid import UUID

from domain.kernel.errors import NotFound
from domain.kernel.unit_of_work import UnitOfWork
from domain.transfers.lifecycle import TRANSFER, TransferAction, TransferFacts
from domain.transfers.models import TransferLineRow, TransferRow
from domain.transfers.queries import visible_transfers


async def lock(tx: UnitOfWork, transfer_id: UUID) -> tuple[TransferRow, list[TransferLineRow]]:
    """The transfer, locked until the commit, and its lines by SKU. Raises NotFound."""
    found = TransferRow.filter(visible_transfers(tx.actor.scope), id=transfer_id).select_for_update()
    transfer = await found.get_or_none()
    if transfer is None:
        raise NotFound("transfer", f"transfer_{transfer_id.hex}")
    return transfer, await TransferLineRow.filter(transfer_id=transfer.id).order_by("sku", "id")


def step(transfer: TransferRow, action: TransferAction, lines: Sequence[TransferLineRow] = ()) -> None:
    """Take the step that the table allows; the caller saves it. Raises IllegalTransition."""
    facts = TransferFacts(sum(line.on_its_way for line in lines))
    transfer.status = TRANSFER.step(action, transfer.status, facts)

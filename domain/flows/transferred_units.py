"""Units on the way between two locations, as the ledger tells it on either side.

Here, and nowhere else, units of transfers come on hand and go: what tells units apart (lots) is asked for here.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from domain.flows.counted_goods import NamesSku, field_of
from domain.kernel.errors import NotFound
from domain.stock.models import AdjustmentReason, MovementCause
from domain.stock.service import Movement
from domain.transfers.models import TransferLineRow, TransferRow

SURPLUS = "More arrived than had left by the books."


def by_sku(lines: Sequence[TransferLineRow], named: Sequence[NamesSku]) -> Mapping[str, TransferLineRow]:
    """The lines of a transfer that a request names. Raises NotFound for a SKU that it does not move."""
    found = {line.sku: line for line in lines}
    for each in named:
        if each.sku not in found:
            raise NotFound("transfer line", f'of the SKU "{each.sku[:64]}"', path=field_of(named, each.sku, "sku"))
    return {each.sku: found[each.sku] for each in named}


async def leaving(transfer: TransferRow, level_id: UUID, units: int, short: int) -> list[Movement]:
    """What happens to the locked level of the source: units leave it, and those that were not found are free again."""
    found = []
    if units:
        cause = MovementCause.TRANSFERRED_OUT
        found.append(Movement(level_id, cause, on_hand=-units, allocated=-units, subject_id=transfer.id))
    if short:
        found.append(Movement(level_id, MovementCause.DEALLOCATED, allocated=-short, subject_id=transfer.id))
    return found


async def arriving(
    transfer: TransferRow, level_id: UUID, units: int, *, surplus: int = 0, damaged: int = 0
) -> list[Movement]:
    """What happens to the locked level of the destination: units arrive, those beyond what left among them."""
    found = []
    if units:
        cause = MovementCause.TRANSFERRED_IN
        found.append(Movement(level_id, cause, on_hand=units, incoming=-units, subject_id=transfer.id))
    if surplus:
        found.append(
            Movement(
                level_id,
                MovementCause.ADJUSTED,
                on_hand=surplus,
                subject_id=transfer.id,
                reason=AdjustmentReason.FOUND,
                note=SURPLUS,
            )
        )
    if damaged:
        found.append(Movement(level_id, MovementCause.DAMAGED, damaged=damaged, subject_id=transfer.id))
    return found

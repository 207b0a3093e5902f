"""Units on the way between two locations, as the ledger tells it on either side.

Here, and nowhere else, units of transfers come on hand and go. Where lots are told apart, the ledger says of which lots
they left, and as these they arrive.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from domain.flows.counted_goods import NamesSku, field_of
from domain.kernel.errors import NotFound
from domain.stock.decisions import LotUnits
from domain.stock.models import AdjustmentReason, LotRow, MovementCause, StockMovementRow
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


def leaving(transfer: TransferRow, level_id: UUID, units: int, short: int) -> list[Movement]:
    """What happens to the locked level of the source: units leave it, and those that were not found are free again."""
    found = []
    if units:
        cause = MovementCause.TRANSFERRED_OUT
        found.append(Movement(level_id, cause, on_hand=-units, allocated=-units, subject_id=transfer.id))
    if short:
        found.append(Movement(level_id, MovementCause.DEALLOCATED, allocated=-short, subject_id=transfer.id))
    return found


Lots = dict[str, tuple[date | None, int]]
"""Units by the number of their lot, with its last day."""


async def lots_on_their_way(transfer: TransferRow, levels: Mapping[UUID, str]) -> dict[str, Lots]:
    """The lots of which units left and have not arrived, by SKU; `levels` are the locked ones they arrive at.

    Those that left first come first: what was written off is taken to be of the last. A lot that the destination knows
    keeps the day that it knows.
    """
    causes = (MovementCause.TRANSFERRED_OUT, MovementCause.TRANSFERRED_IN)
    lines = StockMovementRow.filter(subject_id=transfer.id, cause__in=causes, lot_id__not_isnull=True)
    found: dict[str, Lots] = {}
    for line in await lines.order_by("id").select_related("lot"):
        lots, number = found.setdefault(line.sku, {}), line.lot.number
        expires_on, units = lots.get(number, (line.lot.expires_on, 0))
        lots[number] = expires_on, units - line.on_hand
    numbers = {number for lots in found.values() for number in lots}
    for known in await LotRow.filter(level_id__in=list(levels), number__in=numbers) if numbers else ():
        lots = found.get(levels[known.level_id], {})
        if known.expires_on and known.number in lots:
            lots[known.number] = known.expires_on, lots[known.number][1]
    return found


def lots_of(units: int, on_their_way: Lots) -> tuple[LotUnits, ...]:
    """Of which lots so many units are that arrive; what left without a number arrives without one."""
    found = []
    for number, (expires_on, left) in on_their_way.items():
        if taken := min(left, units):
            units -= taken
            found += [LotUnits(number, expires_on, taken)] if number else []
    return tuple(found)


def arriving(
    transfer: TransferRow,
    level_id: UUID,
    units: int,
    *,
    lots: tuple[LotUnits, ...] = (),
    surplus: int = 0,
    damaged: int = 0,
) -> list[Movement]:
    """What happens to the locked level of the destination: units arrive, those beyond what left among them."""
    found = []
    if units:
        cause = MovementCause.TRANSFERRED_IN
        found.append(Movement(level_id, cause, on_hand=units, incoming=-units, subject_id=transfer.id, lots=lots))
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

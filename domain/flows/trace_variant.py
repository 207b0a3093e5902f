"""How closely units of a variant are told apart: not at all, by lot, or one by one."""

from dataclasses import dataclass
from uuid import UUID

from domain.catalog.models import Traceability
from domain.flows.keep_variants import lock_variant
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock import service as stock
from domain.stock.lots import service as lots
from domain.stock.models import LotRow, MovementCause, Rotation, StockLevelRow


@dataclass(frozen=True)
class SetVariantTraceability:
    """How closely its units are told apart from now on, and what one of them is called."""

    sku: str
    traceability: Traceability
    is_first_expired_first_out: bool = False
    unit_of_measure: str = "each"


async def set_variant_traceability(tx: UnitOfWork, request: SetVariantTraceability) -> UUID:
    """Tell its units apart by lot, by serial number, or not at all, at every location; the variant's id.

    Units on hand of which nobody said the lot stand in the lot without a number. Raises UnknownSku, and InvalidInput
    for what contradicts itself.
    """
    tx.actor.require(Permission.MANAGE_CATALOG)
    if request.is_first_expired_first_out and request.traceability is not Traceability.LOT:
        said = "Only lots expire: what is not told apart by LOT cannot leave by the date."
        raise InvalidInput(said, path=("isFirstExpiredFirstOut",))
    if not 1 <= len(request.unit_of_measure.strip()) <= len(request.unit_of_measure) <= 16:
        raise InvalidInput("A unit of measure has 1 to 16 characters.", path=("unitOfMeasure",))
    # No level of it can be made meanwhile, for that one would not know.
    variant, levels = await lock_variant(request.sku)
    if request.traceability is not Traceability.NONE and not variant.is_stock_tracked:
        raise InvalidInput("Only what stock is kept of is told apart.", path=("traceability",))
    variant.traceability = request.traceability
    variant.is_first_expired_first_out = request.is_first_expired_first_out
    variant.unit_of_measure = request.unit_of_measure
    await variant.save(update_fields=["traceability", "is_first_expired_first_out", "unit_of_measure"])
    rotation = Rotation.FEFO if request.is_first_expired_first_out else Rotation.FIFO
    told = rotation if request.traceability == Traceability.LOT else None
    await StockLevelRow.filter(variant_id=variant.id).update(rotation=told)
    if told:
        for level in levels:
            await _stand_in_lots(tx, level)
    return variant.id


async def _stand_in_lots(tx: UnitOfWork, level: StockLevelRow) -> None:
    """Lots add up to what is on hand: what came while nobody told them apart has no number.

    What left meanwhile left the lots whose turn it was: the ledger says so now, and nothing of the level changes by it.
    """
    known = sum(lot.on_hand for lot in await LotRow.filter(level_id=level.id).exclude(on_hand=0))
    if level.on_hand > known:
        await lots.put(tx, level.id, level.on_hand - known)
    elif level.on_hand < known:
        left = known - level.on_hand
        shares = await lots.take(tx, level.id, left, level.rotation or Rotation.FIFO)
        of_lots = [
            stock.Movement(level.id, MovementCause.RECONCILED, on_hand=-units, lot_id=lot_id)
            for lot_id, units in shares
        ]
        lines = [*of_lots, stock.Movement(level.id, MovementCause.RECONCILED, on_hand=left)]
        tx.add(*stock.ledger(tx, lines, {level.id: (level.sku, level.location_id)}))

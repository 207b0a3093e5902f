"""How closely units of a variant are told apart: not at all, by lot, or one by one."""

from dataclasses import dataclass
from uuid import UUID

from domain.catalog.errors import UnknownSku
from domain.catalog.models import Traceability, VariantRow
from domain.kernel.actor import Permission
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock import service as stock
from domain.stock.lots import service as lots
from domain.stock.models import LotRow, Rotation, StockLevelRow


@dataclass(frozen=True)
class TraceVariant:
    """Tell units of a SKU apart so from now on."""

    sku: str
    traceability: Traceability
    is_first_expired_first_out: bool = False


async def trace_variant(tx: UnitOfWork, request: TraceVariant) -> UUID:
    """Change how units are told apart, at every location; the variant's id.

    Units on hand of which nobody said the lot stand in the lot without a number. Raises UnknownSku.
    """
    tx.actor.require(Permission.MANAGE_CATALOG)
    # No level of it can be made meanwhile, for that one would not know.
    variant = await VariantRow.filter(sku=request.sku, is_stock_tracked=True).select_for_update().get_or_none()
    if variant is None:
        raise UnknownSku(request.sku, path=("sku",))
    variant.traceability = request.traceability
    variant.is_first_expired_first_out = request.is_first_expired_first_out
    await variant.save(update_fields=["traceability", "is_first_expired_first_out"])
    rotation = Rotation.FEFO if request.is_first_expired_first_out else Rotation.FIFO
    levels = await stock.lock_levels([variant.id])
    told = rotation if request.traceability == Traceability.LOT else None
    await StockLevelRow.filter(variant_id=variant.id).update(rotation=told)
    if told:
        for level in levels:
            await _stand_in_lots(tx, level)
    return variant.id


async def _stand_in_lots(tx: UnitOfWork, level: StockLevelRow) -> None:
    """Lots add up to what is on hand: what came or went while nobody told them apart has no number."""
    known = sum(lot.on_hand for lot in await LotRow.filter(level_id=level.id).exclude(on_hand=0))
    if level.on_hand > known:
        await lots.put(tx, level.id, level.on_hand - known)
    elif level.on_hand < known:
        await lots.take(tx, level.id, known - level.on_hand, level.rotation or Rotation.FIFO)

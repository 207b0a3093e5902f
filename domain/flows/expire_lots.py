"""Lots that are past their date: what is left of them is not sold any more."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.kernel.sets import add_all
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.stock import service as stock
from domain.stock.models import LotRow, MovementCause, StockLevelRow


@dataclass(frozen=True)
class QuarantineExpired:
    """Look whether this lot is past its date."""

    lot_id: UUID


async def quarantine_expired(tx: UnitOfWork, request: QuarantineExpired) -> UUID:
    """Put into quarantine what is left of the lot once its last day is over at its location; its level's id.

    Before that it is looked at again then. What was put there already is not put there twice.
    """
    level_id = (await LotRow.get(id=request.lot_id)).level_id
    level = await StockLevelRow.filter(id=level_id).select_for_update().get()
    lot = await LotRow.get(id=request.lot_id)
    if lot.expires_on is None or level.rotation is None:
        return level_id
    zone = ZoneInfo((await LocationRow.get(id=level.location_id)).time_zone)
    past_at = datetime.combine(lot.expires_on + timedelta(days=1), time(), zone)
    if tx.now < past_at:
        tx.later("quarantine_expired", {"lot_id": lot.id.hex}, after=past_at - tx.now)
        return level_id
    if (units := lot.on_hand - lot.quarantined) > 0:
        note = f"Lot {lot.number} expired on {lot.expires_on}."
        movement = stock.Movement(level_id, MovementCause.QUARANTINED, quarantined=units, lot_id=lot.id, note=note)
        await stock.move(tx, [movement])
        await add_all(LotRow, {lot.id: {"quarantined": units}})
    return level_id

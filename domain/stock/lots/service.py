"""Writes to lots, under the lock of their level: whatever comes on hand or leaves it comes to lots, or leaves them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise.expressions import Q

from domain.kernel.errors import InvalidInput, Path
from domain.kernel.ids import new_id
from domain.kernel.sets import Addition, add, insert
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock.decisions import LotUnits, leaving
from domain.stock.models import AdjustmentReason, LotRow, MovementCause, Rotation

if TYPE_CHECKING:
    from domain.stock.service import Movement

# A day begins so much earlier in the easternmost time zone than in UTC.
EASTERNMOST = timedelta(hours=14)

# What leaves because it is past its date, or with it: there what is past its date goes first.
_PAST_FIRST = frozenset({MovementCause.DISPOSED, MovementCause.WRITTEN_OFF})

Shares = list[tuple[UUID, int]]


async def by_lot(tx: UnitOfWork, each: "Movement", rotations: Mapping[UUID, Rotation]) -> list["Movement"]:
    """The movement in parts, one for each lot whose units came or went; the lots are changed with it."""
    rotation = rotations.get(each.level_id)
    if rotation is None or not each.on_hand:
        return [each]
    if each.on_hand > 0:
        shares = await put(tx, each.level_id, each.on_hand, each.lots, path=each.lots_path)
    else:
        past_first = each.cause in _PAST_FIRST or each.reason == AdjustmentReason.EXPIRED
        taken = await take(
            tx, each.level_id, -each.on_hand, rotation, each.lots, past_first=past_first, path=each.lots_path
        )
        shares = [(lot_id, -units) for lot_id, units in taken]
    parts: list[Movement] = []
    for lot_id, units in shares:
        # What changes as on hand does is split as it is; the rest stands in the first part.
        split: dict[str, Any] = {
            name: units if change == each.on_hand else 0 if parts else change for name, change in each.deltas.items()
        }
        key = None if parts else each.unique_key
        parts.append(each._replace(lot_id=lot_id, unique_key=key, **split))
    return parts


async def put(tx: UnitOfWork, level_id: UUID, units: int, named: Sequence[LotUnits] = (), *, path: Path = ()) -> Shares:
    """Units came: to the lots that were named, made where they are new, the others to the one without a number.

    The lots and their units, which add up to `units`. Raises InvalidInput for a lot known by another date.
    """
    nameless = units - sum(each.units for each in named)
    assert nameless >= 0, "more came in lots than came"
    rest = [LotUnits("", None, nameless)] if nameless else []
    lots = await _lots(level_id, {each.number for each in named})
    fresh, added, shares = list[LotRow](), dict[UUID, dict[str, int]](), Shares()
    for each in (*named, *rest):
        lot = lots.get(each.number)
        if lot is None:
            lot = lots[each.number] = _new(tx, level_id, each)
            fresh.append(lot)
        elif lot.expires_on is None and each.expires_on is not None:
            lot.expires_on = each.expires_on
            await lot.save(update_fields=["expires_on"])
        elif each.expires_on not in (None, lot.expires_on):
            raise InvalidInput(f"Lot {lot.number} is known to expire on {lot.expires_on}.", path=path)
        lot.on_hand += each.units
        if lot not in fresh:
            added[lot.id] = {"on_hand": each.units + added.get(lot.id, {}).get("on_hand", 0)}
        _watch(tx, lot, is_new=lot in fresh)
        shares.append((lot.id, each.units))
    await insert(fresh)
    await add(Addition(LotRow, added))
    return shares


async def take(
    tx: UnitOfWork,
    level_id: UUID,
    units: int,
    rotation: Rotation,
    named: Sequence[LotUnits] = (),
    *,
    past_first: bool = False,
    path: Path = (),
) -> Shares:
    """Units left: those of the lots that were named, and others in the order of the rotation.

    The lots and their units, which add up to `units`. What no lot has leaves the one without a number, which then has
    less than none: the books did not know whence it came.
    """
    lots = await _lots(level_id, {each.number for each in named})
    found = {each.number: each.units for each in named}
    if unknown := found.keys() - lots.keys():
        raise InvalidInput(f"There is no lot {min(unknown)} here.", path=path)
    for number, count in found.items():
        lots[number].on_hand -= count
    rest = units - sum(found.values())
    assert rest >= 0, "more left in lots than left"
    if rest:
        those = leaving(
            list(lots.values()), rest, tx.now.date(), by_expiry=rotation == Rotation.FEFO, past_first=past_first
        )
        for number, count in those.items():
            found[number] = found.get(number, 0) + count
            if number in lots:
                lots[number].on_hand -= count
    if "" in found and "" not in lots:
        lots[""] = _new(tx, level_id, LotUnits("", None, 0))
        lots[""].on_hand = -found[""]
        await insert([lots[""]])
        rows = {lots[number].id: number for number in found if number}
    else:
        rows = {lots[number].id: number for number in found}
    await add(Addition(LotRow, {row_id: _less(lots[number], found[number]) for row_id, number in rows.items()}))
    return [(lots[number].id, count) for number, count in found.items()]


def _less(lot: LotRow, units: int) -> dict[str, int]:
    """What changes of a lot that lost units: no more of it are in quarantine than are there."""
    return {"on_hand": -units, "quarantined": min(max(lot.on_hand, 0) - lot.quarantined, 0)}


async def _lots(level_id: UUID, numbers: set[str]) -> dict[str, LotRow]:
    """The lots of the locked level that have units, and these, by number, the oldest first."""
    wanted = ~Q(on_hand=0) | Q(number__in=[*numbers, ""])
    return {lot.number: lot for lot in await LotRow.filter(wanted, level_id=level_id).order_by("received_at", "id")}


def _new(tx: UnitOfWork, level_id: UUID, named: LotUnits) -> LotRow:
    return LotRow(id=new_id(), level_id=level_id, number=named.number, expires_on=named.expires_on, received_at=tx.now)


def _watch(tx: UnitOfWork, lot: LotRow, *, is_new: bool) -> None:
    """Somebody looks at it when it is past its date: at once where it is so already."""
    if lot.expires_on is None:
        return
    after = past_at(lot.expires_on) - EASTERNMOST - tx.now
    if is_new or after <= timedelta(0):
        tx.later("quarantine_expired", {"lot_id": lot.id.hex}, after=max(after, timedelta(0)))


def past_at(expires_on: date) -> datetime:
    """When what expires on this day is past its date, in UTC."""
    return datetime.combine(expires_on + timedelta(days=1), time(), UTC)

"""Components that become kits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.assemblies import service as assemblies
from domain.assemblies.lifecycle import ASSEMBLY, AssemblyAction, AssemblyFacts
from domain.assemblies.models import AssemblyLineRow, AssemblyRow
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput
from domain.kernel.quantities import checked_units
from domain.kernel.sets import add_all
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationRow
from domain.stock import service as stock
from domain.stock.errors import InsufficientStock
from domain.stock.models import MovementCause, StockLevelRow


@dataclass(frozen=True)
class CompleteAssembly:
    """The kits are made; without `made`: as many as were planned."""

    assembly_id: UUID
    made: int | None = None


async def complete_assembly(tx: UnitOfWork, request: CompleteAssembly) -> UUID:
    """Components leave the books, kits come in; the assembly's id. Components that were not needed are free again.

    Raises InsufficientStock where the books have fewer components on hand than the kits took: count first.
    """
    tx.actor.require(Permission.ADJUST_STOCK)
    assembly, lines = await assemblies.lock(tx, request.assembly_id)
    assembly.status = ASSEMBLY.step(AssemblyAction.COMPLETE, assembly.status, AssemblyFacts())
    made = assembly.quantity if request.made is None else checked_units(request.made, path=("made",))
    if made > assembly.quantity:
        raise InvalidInput(f"{assembly.quantity} kits were planned: no more can be made of it.", path=("made",))
    levels = await _levels(tx, assembly, lines)
    await _check_there(assembly, lines, levels, made)
    await stock.move(tx, _movements(assembly, lines, levels, made))
    await add_all(
        AssemblyLineRow,
        {line.id: {"allocated": -line.allocated, "used": line.units_per_kit * made} for line in lines},
    )
    assembly.made, assembly.ended_at = made, tx.now
    await assembly.save(update_fields=["status", "made", "ended_at"])
    return assembly.id


async def _levels(
    tx: UnitOfWork, assembly: AssemblyRow, lines: Sequence[AssemblyLineRow]
) -> Mapping[UUID, StockLevelRow]:
    """The locked levels at its location, by variant; the kit's is made where there is none."""
    wanted = {(line.variant_id, assembly.location_id): line.sku for line in lines}
    wanted[assembly.variant_id, assembly.location_id] = assembly.sku
    found = await stock.levels_at(tx, dict(sorted(wanted.items())))
    return {variant_id: level for (variant_id, place), level in found.items() if place == assembly.location_id}


async def _check_there(
    assembly: AssemblyRow, lines: Sequence[AssemblyLineRow], levels: Mapping[UUID, StockLevelRow], made: int
) -> None:
    if (await LocationRow.get(id=assembly.location_id)).allows_negative_on_hand:
        return
    for line in lines:
        there, used = levels[line.variant_id].on_hand, line.units_per_kit * made
        if used > there:
            raise InsufficientStock(line.sku, used, max(there, 0))


def _movements(
    assembly: AssemblyRow, lines: Sequence[AssemblyLineRow], levels: Mapping[UUID, StockLevelRow], made: int
) -> list[stock.Movement]:
    """The ledger's lines: what the kits took, what was not needed, and the kits, whose lot nobody has named."""
    found = []
    for line in lines:
        level, used = levels[line.variant_id].id, line.units_per_kit * made
        took = MovementCause.ASSEMBLED
        found.append(stock.Movement(level, took, on_hand=-used, allocated=-used, subject_id=assembly.id))
        if rest := line.allocated - used:
            cause = MovementCause.DEALLOCATED
            found.append(stock.Movement(level, cause, allocated=-rest, subject_id=assembly.id))
    kit = levels[assembly.variant_id].id
    return [*found, stock.Movement(kit, MovementCause.ASSEMBLED, on_hand=made, subject_id=assembly.id)]

"""Assemblies that are planned, become work, or are called off."""

from dataclasses import dataclass
from uuid import UUID

from domain.assemblies import service as assemblies
from domain.assemblies.lifecycle import ASSEMBLY, AssemblyAction, AssemblyFacts, AssemblyStatus
from domain.assemblies.models import AssemblyLineRow, AssemblyRow
from domain.catalog.errors import UnknownSku
from domain.catalog.models import ComponentRow, Composition, VariantRow
from domain.flows.set_aside import SetAside, give_back, set_aside
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput
from domain.kernel.ids import new_id
from domain.kernel.numbers import new_number
from domain.kernel.quantities import checked_units
from domain.kernel.sets import add_all
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.queries import location_at
from domain.stock.decisions import check_note
from domain.stock.service import MOST_ON_HAND


@dataclass(frozen=True)
class PlanAssembly:
    """Kits are to be made to stock at a location."""

    sku: str
    location_id: UUID
    quantity: int
    note: str | None = None


async def plan_assembly(tx: UnitOfWork, request: PlanAssembly) -> UUID:
    """Plan to make kits, out of what a kit consists of now; the assembly's id. Nothing is set aside yet."""
    tx.actor.require(Permission.ADJUST_STOCK)
    check_note(request.note)
    checked_units(request.quantity, path=("quantity",))
    kit = await _kit(request.sku)
    await location_at(request.location_id)
    assembly = AssemblyRow(
        id=new_id(),
        number=f"A-{new_number()}",
        variant_id=kit.id,
        sku=kit.sku,
        location_id=request.location_id,
        status=AssemblyStatus.DRAFT,
        quantity=request.quantity,
        note=request.note,
        created_by=tx.actor.principal,
        created_at=tx.now,
    )
    tx.add(assembly, *await _lines(assembly))
    return assembly.id


async def _kit(sku: str) -> VariantRow:
    variant = await VariantRow.get_or_none(sku=sku)
    if variant is None or not variant.is_stock_tracked:
        raise UnknownSku(sku, path=("sku",))
    if variant.composition != Composition.KIT:
        raise InvalidInput(f"{sku} is not a kit: only kits are made out of components.", path=("sku",))
    return variant


async def _lines(assembly: AssemblyRow) -> list[AssemblyLineRow]:
    parts = await ComponentRow.filter(whole_id=assembly.variant_id).order_by("position", "id")
    found = {row.id: row for row in await VariantRow.filter(id__in=[each.part_id for each in parts])}
    counted = [each for each in parts if found[each.part_id].is_stock_tracked]
    if not counted:
        raise InvalidInput(
            f"{assembly.sku} has no components that are counted: say first what it is made of.", path=("sku",)
        )
    if assembly.quantity * max(each.units for each in counted) > MOST_ON_HAND:
        raise InvalidInput("No location has as many components as this needs.", path=("quantity",))
    return [
        AssemblyLineRow(
            assembly_id=assembly.id, variant_id=each.part_id, sku=found[each.part_id].sku, units_per_kit=each.units
        )
        for each in counted
    ]


@dataclass(frozen=True)
class ReleaseAssembly:
    """It can be made."""

    assembly_id: UUID


async def release_assembly(tx: UnitOfWork, request: ReleaseAssembly) -> UUID:
    """Set its components aside at its location, all of them or none; its id.

    Raises InsufficientStock for each component of which too few units are free.
    """
    tx.actor.require(Permission.ADJUST_STOCK)
    assembly, lines = await assemblies.lock(tx, request.assembly_id)
    assembly.status = ASSEMBLY.step(AssemblyAction.RELEASE, assembly.status, AssemblyFacts())
    wanted = [SetAside(line.variant_id, line.sku, line.units_per_kit * assembly.quantity) for line in lines]
    await set_aside(tx, assembly.id, assembly.location_id, wanted)
    await add_all(AssemblyLineRow, {line.id: {"allocated": line.units_per_kit * assembly.quantity} for line in lines})
    assembly.released_at = tx.now
    await assembly.save(update_fields=["status", "released_at"])
    return assembly.id


@dataclass(frozen=True)
class CancelAssembly:
    """It is not needed."""

    assembly_id: UUID


async def cancel_assembly(tx: UnitOfWork, request: CancelAssembly) -> UUID:
    """Call it off; its id. Its components are free again."""
    tx.actor.require(Permission.ADJUST_STOCK)
    assembly, lines = await assemblies.lock(tx, request.assembly_id)
    assembly.status = ASSEMBLY.step(AssemblyAction.CANCEL, assembly.status, AssemblyFacts())
    held = [SetAside(line.variant_id, line.sku, line.allocated) for line in lines if line.allocated]
    await give_back(tx, assembly.id, assembly.location_id, held)
    await add_all(AssemblyLineRow, {line.id: {"allocated": -line.allocated} for line in lines if line.allocated})
    assembly.ended_at = tx.now
    await assembly.save(update_fields=["status", "ended_at"])
    return assembly.id

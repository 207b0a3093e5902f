"""Writes to assemblies: their locks."""

from uuid import UUID

from domain.assemblies.models import AssemblyLineRow, AssemblyRow
from domain.assemblies.queries import visible_assemblies
from domain.kernel.errors import NotFound
from domain.kernel.unit_of_work import UnitOfWork


async def lock(tx: UnitOfWork, assembly_id: UUID) -> tuple[AssemblyRow, list[AssemblyLineRow]]:
    """The assembly, locked until the commit, and its lines by SKU. Raises NotFound."""
    found = AssemblyRow.filter(visible_assemblies(tx.actor.scope), id=assembly_id).select_for_update()
    assembly = await found.get_or_none()
    if assembly is None:
        raise NotFound("assembly", f"assembly_{assembly_id.hex}")
    return assembly, await AssemblyLineRow.filter(assembly_id=assembly.id).order_by("sku", "id")

"""Transfers and assemblies for tests, in short words."""

from collections.abc import Awaitable, Mapping
from typing import Any
from uuid import UUID

import pytest

from domain.assemblies.models import AssemblyRow
from domain.catalog.models import ComponentRow, Composition, VariantRow
from domain.flows.complete_assembly import CompleteAssembly, complete_assembly
from domain.flows.counted_goods import SkuUnits
from domain.flows.dispatch_transfer import DispatchTransfer, LeavingUnits, dispatch_transfer
from domain.flows.plan_assembly import CancelAssembly, PlanAssembly, ReleaseAssembly, plan_assembly, release_assembly
from domain.flows.plan_assembly import cancel_assembly as cancel_it
from domain.flows.plan_transfer import PlanTransfer, SetTransferLines, plan_transfer, set_transfer_lines
from domain.flows.receive_transfer import (
    ArrivedUnits,
    ReceiveTransfer,
    WriteOffTransfer,
    receive_transfer,
    write_off_transfer,
)
from domain.flows.release_transfer import CancelTransfer, ReleaseTransfer, cancel_transfer, release_transfer
from domain.kernel.errors import DomainError
from domain.stock.models import StockLevelRow, StockMovementRow
from domain.transfers.models import TransferLineRow, TransferRow
from tests.domain.books import COUNTERS
from tests.domain.shop import dump, run

Units = Mapping[str, int]


def units_of(units: Units) -> tuple[SkuUnits, ...]:
    """Lines of a request."""
    return tuple(SkuUnits(sku, count) for sku, count in units.items())


async def plan(source: UUID, destination: UUID, units: Units, **details: Any) -> UUID:
    """A transfer, planned."""
    return await run(plan_transfer, PlanTransfer(source, destination, units_of(units), **details))


async def plan_anew(transfer: UUID, units: Units) -> UUID:
    return await run(set_transfer_lines, SetTransferLines(transfer, units_of(units)))


async def release(transfer: UUID) -> UUID:
    return await run(release_transfer, ReleaseTransfer(transfer))


async def dispatch(
    transfer: UUID, units: Units | None = None, *, numbers: tuple[str, ...] = (), key: str | None = None
) -> UUID:
    """It leaves, with these units alone if they are given; those of the first SKU that are named with their numbers."""
    lines = [LeavingUnits(sku, count, () if n else numbers) for n, (sku, count) in enumerate((units or {}).items())]
    return await run(dispatch_transfer, DispatchTransfer(transfer, tuple(lines)), key=key)


async def receive(
    transfer: UUID,
    *arrived: tuple[str, int] | tuple[str, int, int],
    numbers: tuple[str, ...] = (),
    key: str | None = None,
) -> UUID:
    """It arrives: all of it, or these units of each SKU, of which so many are damaged; of the first those named."""
    lines = tuple(ArrivedUnits(*each, serial_numbers=() if n else numbers) for n, each in enumerate(arrived))  # type: ignore[misc]
    return await run(receive_transfer, ReceiveTransfer(transfer, lines), key=key)


async def write_off(transfer: UUID, units: Units | None = None, *, key: str | None = None) -> UUID:
    """Nothing more, or not these units, will arrive."""
    return await run(write_off_transfer, WriteOffTransfer(transfer, units_of(units or {})), key=key)


async def cancel(transfer: UUID) -> UUID:
    return await run(cancel_transfer, CancelTransfer(transfer))


async def send(source: UUID, destination: UUID, units: Units) -> UUID:
    """A transfer, on its way."""
    return await dispatch(await release(await plan(source, destination, units)))


async def status_of(transfer: UUID) -> str:
    return str((await TransferRow.get(id=transfer)).status)


async def line(transfer: UUID, sku: str) -> dict[str, int]:
    """What the transfer's line says, but for what is zero."""
    row = await TransferLineRow.get(transfer_id=transfer, sku=sku)
    names = ("quantity", "short", "allocated", "dispatched", "received", "written_off", "surplus", "damaged")
    return {name: units for name in names if (units := getattr(row, name))}


async def counters(sku: str, place: UUID) -> dict[str, int]:
    """The counters of a level, but for those at zero; nothing where there is no level."""
    row = await StockLevelRow.get_or_none(sku=sku, location_id=place)
    return {name: units for name in COUNTERS if row and (units := getattr(row, name))}


async def ledger(subject: UUID) -> list[tuple[str, str, dict[str, int]]]:
    """The movements for a transfer or an assembly: SKU, cause, and what changed, by SKU and as they were written."""
    found = []
    for row in await StockMovementRow.filter(subject_id=subject).order_by("id"):
        level = await StockLevelRow.get(id=row.level_id)
        changed = {name: units for name in COUNTERS if (units := getattr(row, name))}
        found.append((level.sku, str(row.cause), changed))
    return found


async def refusal(act: Awaitable[object]) -> DomainError:
    """What it is refused with. Asserts that nothing at all was written."""
    before = await dump()
    with pytest.raises(DomainError) as refused:
        await act
    assert await dump() == before
    return refused.value


# -- kits ------------------------------------------------------------------------------------------------------------
async def declare_kit(sku: str, parts: Units) -> None:
    """From now on the SKU is a kit, of which one consists of these units."""
    await VariantRow.filter(sku=sku).update(composition=Composition.KIT)
    whole = await VariantRow.get(sku=sku)
    for position, (part, units) in enumerate(parts.items(), 1):
        component = await VariantRow.get(sku=part)
        await ComponentRow.create(whole_id=whole.id, part_id=component.id, position=position, units=units)


async def plan_kits(sku: str, place: UUID, quantity: int) -> UUID:
    """An assembly, planned."""
    return await run(plan_assembly, PlanAssembly(sku, place, quantity))


async def release_kits(assembly: UUID) -> UUID:
    return await run(release_assembly, ReleaseAssembly(assembly))


async def make_kits(assembly: UUID, made: int | None = None, *, key: str | None = None) -> UUID:
    return await run(complete_assembly, CompleteAssembly(assembly, made), key=key)


async def cancel_kits(assembly: UUID) -> UUID:
    return await run(cancel_it, CancelAssembly(assembly))


async def kits_status(assembly: UUID) -> str:
    return str((await AssemblyRow.get(id=assembly)).status)

"""What is said about a variant once it is there: what it consists of, and what may be sent or sold in its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.catalog.errors import UnknownSku, VariantInUse
from domain.catalog.models import (
    ComponentRow,
    Composition,
    SubstituteRow,
    VariantKind,
    VariantRow,
)
from domain.catalog.service import lock_variants
from domain.flows.placement import MOST_COMPONENTS, Component
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput
from domain.kernel.quantities import checked_units
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock import service as stock
from domain.stock.decisions import COUNTERS
from domain.stock.models import StockLevelRow

MOST_SUBSTITUTES = 20


async def lock_variant(sku: str, *others: VariantRow) -> tuple[VariantRow, list[StockLevelRow]]:
    """The variant and its levels, locked: levels first, as whoever promises units does. Raises UnknownSku.

    The others are locked with it, and are as they are now: so that no two variants become parts of one another at once.
    """
    found = await VariantRow.get_or_none(sku=sku)
    if found is None:
        raise UnknownSku(sku, path=("sku",))
    levels = await stock.lock_levels([found.id])
    locked = {row.id: row for row in await lock_variants({found.id, *(each.id for each in others)})}
    for each in others:
        each.composition, each.is_stock_tracked = locked[each.id].composition, locked[each.id].is_stock_tracked
    return locked[found.id], levels


@dataclass(frozen=True)
class SetVariantComponents:
    """What a unit of it consists of; nothing for a single thing."""

    sku: str
    composition: Composition
    components: tuple[Component, ...] = ()


async def set_variant_components(tx: UnitOfWork, request: SetVariantComponents) -> UUID:
    """Make it a bundle, which is sent as its components, a kit, which is made to stock of them, or a single thing.

    The variant's id. Orders that were placed keep what they need. Raises UnknownSku, InvalidInput, or VariantInUse for
    a bundle, of which no stock is kept, while there still is some.
    """
    tx.actor.require(Permission.MANAGE_CATALOG)
    _check_list(request)
    parts = await _named([each.sku for each in request.components], "components", "sku")
    variant, levels = await lock_variant(request.sku, *parts.values())
    await _check_parts(variant, request, parts)
    if request.composition is Composition.BUNDLE:
        await _check_no_part(variant)
        if any(getattr(level, name) for level in levels for name in COUNTERS):
            raise VariantInUse(variant.sku, "No stock is kept of a bundle: use up its units first.")
    elif request.composition is Composition.KIT and variant.kind is not VariantKind.PHYSICAL:
        raise InvalidInput("A kit is made to stock, so it is a PHYSICAL thing.", path=("composition",))
    variant.composition = request.composition
    is_stocked = variant.kind == VariantKind.PHYSICAL and request.composition is not Composition.BUNDLE
    variant.is_stock_tracked = is_stocked
    await variant.save(update_fields=["composition", "is_stock_tracked"])
    await ComponentRow.filter(whole_id=variant.id).delete()
    tx.add(
        *(
            ComponentRow(whole_id=variant.id, part_id=parts[each.sku].id, position=n, units=each.units)
            for n, each in enumerate(request.components, 1)
        )
    )
    return variant.id


def _check_list(request: SetVariantComponents) -> None:
    least = 0 if request.composition is Composition.SINGLE else 1
    most = MOST_COMPONENTS if least else 0
    if not least <= len(request.components) <= most:
        said = f"has 1 to {MOST_COMPONENTS} components" if least else "has no components"
        raise InvalidInput(f"What is {request.composition} {said}.", path=("components",))
    for n, each in enumerate(request.components):
        checked_units(each.units, path=("components", str(n), "units"))
    _check_distinct([each.sku for each in request.components], "components", "sku")


async def _check_parts(whole: VariantRow, request: SetVariantComponents, parts: Mapping[str, VariantRow]) -> None:
    """Raises InvalidInput, naming the component, for one that cannot be a part of this."""
    for n, each in enumerate(request.components):
        part, path = parts[each.sku], ("components", str(n), "sku")
        if part.id == whole.id:
            raise InvalidInput("Nothing is a component of itself.", path=path)
        if part.composition == Composition.BUNDLE:
            raise InvalidInput(f"{part.sku} is a bundle itself: name its components instead.", path=path)
        if request.composition is Composition.KIT and not part.is_stock_tracked:
            raise InvalidInput(f"A kit is made of things that stock is kept of, and {part.sku} is none.", path=path)
    inside = {part.id: part.sku for part in parts.values() if part.composition == Composition.KIT}
    seen = set[UUID]()
    while fresh := inside.keys() - seen:
        seen |= fresh
        rows = await ComponentRow.filter(whole_id__in=sorted(fresh))
        if whole.id in {row.part_id for row in rows}:
            raise InvalidInput(f"{whole.sku} would be made of itself.", path=("components",))
        kits = await VariantRow.filter(id__in=sorted({row.part_id for row in rows}), composition=Composition.KIT)
        inside |= {kit.id: kit.sku for kit in kits}


async def _check_no_part(variant: VariantRow) -> None:
    if await ComponentRow.filter(part_id=variant.id).exists():
        said = f"{variant.sku} is a component of something else, and a bundle cannot be one."
        raise InvalidInput(said, path=("composition",))


@dataclass(frozen=True)
class SetVariantSubstitutes:
    """SKUs that may be sent in its place, the first is tried first."""

    sku: str
    substitutes: tuple[str, ...]


async def set_variant_substitutes(tx: UnitOfWork, request: SetVariantSubstitutes) -> UUID:
    """Say what may be sent in its place where the buyer accepts it; the variant's id.

    Raises UnknownSku, or InvalidInput for what no location could set aside.
    """
    tx.actor.require(Permission.MANAGE_CATALOG)
    if len(request.substitutes) > MOST_SUBSTITUTES:
        raise InvalidInput(f"A variant has at most {MOST_SUBSTITUTES} substitutes.", path=("substitutes",))
    _check_distinct(request.substitutes, "substitutes")
    variant, _ = await lock_variant(request.sku)
    if request.substitutes and not variant.is_stock_tracked:
        raise InvalidInput("Only what stock is kept of has substitutes: give a bundle's parts some.", path=("sku",))
    others = await _named(request.substitutes, "substitutes")
    for n, sku in enumerate(request.substitutes):
        if others[sku].id == variant.id:
            raise InvalidInput("Nothing is its own substitute.", path=("substitutes", str(n)))
        if not others[sku].is_stock_tracked:
            raise InvalidInput(f"No stock is kept of {sku}, so it replaces nothing.", path=("substitutes", str(n)))
    await SubstituteRow.filter(variant_id=variant.id).delete()
    tx.add(
        *(
            SubstituteRow(variant_id=variant.id, substitute_id=others[sku].id, position=n)
            for n, sku in enumerate(request.substitutes, 1)
        )
    )
    return variant.id


def _check_distinct(skus: Sequence[str], field: str, *inside: str) -> None:
    for n, sku in enumerate(skus):
        if sku in skus[:n]:
            raise InvalidInput(f'"{sku[:64]}" is named twice: name it once.', path=(field, str(n), *inside))


async def _named(skus: Sequence[str], field: str, *inside: str) -> dict[str, VariantRow]:
    """The variants of these SKUs. Raises UnknownSku, naming the first that there is not."""
    found = {row.sku: row for row in await VariantRow.filter(sku__in=list(skus))} if skus else {}
    for n, sku in enumerate(skus):
        if sku not in found:
            raise UnknownSku(sku, path=(field, str(n), *inside))
    return found

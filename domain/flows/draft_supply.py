"""Supplies, until they are confirmed: what should come, from whom, when, and at what cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.catalog.errors import UnknownSku
from domain.catalog.models import VariantRow
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput, Path
from domain.kernel.ids import new_id
from domain.kernel.money import LARGEST_MINOR, exponent
from domain.kernel.numbers import new_number
from domain.kernel.quantities import checked_units
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.queries import location_at
from domain.orders.errors import WrongCurrency
from domain.supplies import service as supplies
from domain.supplies.decisions import checked_count
from domain.supplies.lifecycle import SupplyAction, SupplyStatus
from domain.supplies.models import SupplyKind, SupplyLineRow, SupplyRow


@dataclass(frozen=True)
class NewSupplyLine:
    """Units of a SKU that should come; what one costs us in minor units, and when they should arrive, if it is known.

    `currency` is what the caller wrote beside the cost: it must be the supply's.
    """

    sku: str
    quantity: int
    unit_cost_minor: int | None = None
    currency: str | None = None
    expected_at: datetime | None = None


@dataclass(frozen=True)
class CreateSupply:
    """What a supplier should bring to a location. Lines that name no time should arrive with the supply."""

    kind: SupplyKind
    supplier: str
    location_id: UUID
    currency: str
    lines: tuple[NewSupplyLine, ...]
    expected_at: datetime | None = None
    external_reference: str | None = None


async def create_supply(tx: UnitOfWork, request: CreateSupply) -> UUID:
    """Enter a supply; its id. Nothing is expected before it is confirmed. Raises InvalidInput, NotFound or UnknownSku.

    WrongCurrency is raised for a cost in another currency than the supply's.
    """
    tx.actor.require(Permission.ADJUST_STOCK)
    exponent(request.currency, path=("currency",))
    _check_text("supplier", request.supplier, most=120)
    if request.external_reference is not None:
        _check_text("externalReference", request.external_reference, most=100)
    await location_at(request.location_id)
    supply = SupplyRow(
        id=new_id(),
        number=f"S-{new_number()}",
        kind=request.kind,
        supplier=request.supplier,
        external_reference=request.external_reference,
        location_id=request.location_id,
        status=SupplyStatus.DRAFT,
        currency=request.currency,
        expected_at=request.expected_at,
        created_by=tx.actor.principal,
        created_at=tx.now,
    )
    lines = await _lines(supply, request.lines)
    tx.add(supply, *lines)
    return supply.id


@dataclass(frozen=True)
class SetSupplyLines:
    """Other lines for a supply that is not confirmed yet: all of them."""

    supply_id: UUID
    lines: tuple[NewSupplyLine, ...]


async def set_supply_lines(tx: UnitOfWork, request: SetSupplyLines) -> UUID:
    """Put these lines in the place of those of a draft; the supply's id. Raises as `create_supply` does."""
    tx.actor.require(Permission.ADJUST_STOCK)
    supply = await supplies.lock(tx, request.supply_id)
    await supplies.step(tx, supply, SupplyAction.SET_LINES)
    lines = await _lines(supply, request.lines)
    await SupplyLineRow.filter(supply_id=supply.id).delete()
    tx.add(*lines)
    return supply.id


async def _lines(supply: SupplyRow, asked: Sequence[NewSupplyLine]) -> list[SupplyLineRow]:
    checked_count(len(asked))
    variants = {row.sku: row for row in await VariantRow.filter(sku__in={each.sku for each in asked})}
    made: dict[str, SupplyLineRow] = {}
    for n, each in enumerate(asked):
        path = ("lines", str(n))
        if each.sku in made:
            raise InvalidInput(f"Give one line for {each.sku}.", path=(*path, "sku"))
        made[each.sku] = _line(supply, each, variants, path)
    return list(made.values())


def _line(supply: SupplyRow, each: NewSupplyLine, variants: Mapping[str, VariantRow], path: Path) -> SupplyLineRow:
    variant = variants.get(each.sku)
    if variant is None or not variant.is_stock_tracked:
        raise UnknownSku(each.sku, path=(*path, "sku"))
    if each.currency not in (None, supply.currency):
        raise WrongCurrency(supply.currency, str(each.currency)[:3], path=(*path, "unitCost", "currency"))
    if each.unit_cost_minor is not None and not 0 <= each.unit_cost_minor <= LARGEST_MINOR:
        raise InvalidInput("A cost is not negative.", path=(*path, "unitCost"))
    return SupplyLineRow(
        id=new_id(),
        supply_id=supply.id,
        variant_id=variant.id,
        location_id=supply.location_id,
        sku=variant.sku,
        ordered=checked_units(each.quantity, path=(*path, "quantity")),
        currency=supply.currency,
        unit_cost_minor=each.unit_cost_minor,
        expected_at=each.expected_at or supply.expected_at,
    )


def _check_text(field: str, text: str, *, most: int) -> None:
    if not 1 <= len(text.strip()) <= len(text) <= most:
        raise InvalidInput(f"This has 1 to {most} characters.", path=(field,))

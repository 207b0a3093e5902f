"""What a caller says to place an order, and the checks that need no database."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.kernel.errors import DomainError, InvalidInput, Refusals
from domain.kernel.money import LARGEST_MINOR
from domain.orders.decisions import checked_units
from domain.orders.models import AddressKind, ChargeKind, OrderOrigin

MOST_LINES = 2_000
MOST_CHARGES = 50


@dataclass(frozen=True)
class Component:
    """A SKU that one sold unit of a bundle needs, and how many of it."""

    sku: str
    units: int


@dataclass(frozen=True)
class PlaceLine:
    """What is bought. The price comes from the channel's list unless staff say otherwise; amounts in minor units."""

    sku: str
    quantity: int
    unit_price_minor: int | None = None
    discount_minor: int = 0
    tax_minor: int = 0
    components: tuple[Component, ...] = ()


@dataclass(frozen=True)
class PlaceCharge:
    """Shipping, a fee or an adjustment, tax included, in minor units; negative for a reduction."""

    kind: ChargeKind
    title: str
    gross_minor: int
    tax_minor: int = 0


@dataclass(frozen=True)
class PlaceAddress:
    """Where it goes, or who is billed."""

    kind: AddressKind
    name: str
    street: str
    postal_code: str
    city: str
    country_code: str
    company: str | None = None
    street_extra: str | None = None
    region: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class PlaceCustomer:
    """Who buys: one we know by id, or one we know or meet by e-mail address."""

    id: UUID | None = None
    email: str | None = None
    name: str = ""
    phone: str | None = None


@dataclass(frozen=True)
class PlaceOrder:
    """An order as its channel gives it to us."""

    channel: str
    lines: tuple[PlaceLine, ...]
    customer: PlaceCustomer | None = None
    currency: str | None = None
    charges: tuple[PlaceCharge, ...] = ()
    addresses: tuple[PlaceAddress, ...] = ()
    shipping_method: str | None = None
    external_reference: str | None = None
    payment_method: str = "manual"
    note: str | None = None
    placed_at: datetime | None = None
    is_confirmed: bool = True
    origin: OrderOrigin = OrderOrigin.PLACED


def check(request: PlaceOrder) -> None:
    """Raises InvalidInput, or Refusals with several, naming every field that can never be right."""
    faults: list[DomainError] = []
    if not 1 <= len(request.lines) <= MOST_LINES:
        faults.append(InvalidInput(f"An order has 1 to {MOST_LINES:,} lines.", path=("lines",)))
    if len(request.charges) > MOST_CHARGES:
        faults.append(InvalidInput(f"An order has at most {MOST_CHARGES} charges.", path=("charges",)))
    for n, line in enumerate(request.lines[:MOST_LINES]):
        faults += _faults_of_line(line, n)
    for n, charge in enumerate(request.charges[:MOST_CHARGES]):
        if abs(charge.gross_minor) > LARGEST_MINOR or abs(charge.tax_minor) > abs(charge.gross_minor):
            faults.append(InvalidInput("A charge holds its tax, and is bookable.", path=("charges", str(n))))
    for n, address in enumerate(request.addresses):
        faults += _faults_of_address(address, ("addresses", str(n)))
    if request.external_reference is not None and not 1 <= len(request.external_reference) <= 100:
        faults.append(InvalidInput("An external reference has 1 to 100 characters.", path=("externalReference",)))
    if len({address.kind for address in request.addresses}) < len(request.addresses):
        faults.append(InvalidInput("Give one address of each kind.", path=("addresses",)))
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise Refusals(faults)


def _faults_of_line(line: PlaceLine, n: int) -> list[DomainError]:
    found: list[DomainError] = []
    for units, path in [(line.quantity, ("lines", str(n), "quantity"))] + [
        (each.units, ("lines", str(n), "components", str(m), "units")) for m, each in enumerate(line.components)
    ]:
        try:
            checked_units(units, path=path)
        except InvalidInput as fault:
            found.append(fault)
    return found


def _faults_of_address(address: PlaceAddress, path: tuple[str, ...]) -> list[DomainError]:
    limits = {"name": 160, "street": 200, "postal_code": 20, "city": 100}
    found: list[DomainError] = []
    for name, most in limits.items():
        value = getattr(address, name)
        if not value.strip() or len(value) > most:
            shown = name.replace("_", " ")
            field = "postalCode" if name == "postal_code" else name
            found.append(InvalidInput(f"The {shown} of an address has 1 to {most} characters.", path=(*path, field)))
    if len(address.country_code) != 2 or not (address.country_code.isascii() and address.country_code.isupper()):
        found.append(InvalidInput("A country is two capital letters (ISO 3166-1).", path=(*path, "countryCode")))
    return found

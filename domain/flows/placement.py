"""What a caller says to place an order, and the checks that need no database."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.kernel.errors import DomainError, InvalidInput, Path, Refusals
from domain.kernel.money import LARGEST_MINOR
from domain.kernel.quantities import checked_units
from domain.orders.models import AddressKind, ChargeKind, OrderOrigin

MOST_LINES = 2_000
MOST_CHARGES = 50
MOST_COMPONENTS = 100
LONGEST_NOTE = 5_000


@dataclass(frozen=True)
class Component:
    """A SKU that one sold unit of a bundle needs, and how many of it."""

    sku: str
    units: int


@dataclass(frozen=True)
class PlaceLine:
    """What is bought. The price comes from the channel's list unless staff say otherwise; amounts in minor units.

    A bundle is sent as the catalog's components unless others are given. Where substitutes are accepted, one is sent
    in the place of what cannot be promised in full.
    """

    sku: str
    quantity: int
    unit_price_minor: int | None = None
    discount_minor: int = 0
    tax_minor: int = 0
    components: tuple[Component, ...] = ()
    accepts_substitutes: bool = False


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
class NamedCurrency:
    """The currency that the caller wrote beside an amount, and in which field: it must be the channel's."""

    path: Path
    currency: str


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
    currencies: tuple[NamedCurrency, ...] = ()
    reservation_id: UUID | None = None


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
        if not 1 <= len(charge.title) <= 200:
            faults.append(InvalidInput("A charge's title has 1 to 200 characters.", path=("charges", str(n), "title")))
    for n, address in enumerate(request.addresses):
        faults += _faults_of_address(address, ("addresses", str(n)))
    faults += _faults_of_texts(request)
    if len({address.kind for address in request.addresses}) < len(request.addresses):
        faults.append(InvalidInput("Give one address of each kind.", path=("addresses",)))
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise Refusals(faults)


def _faults_of_texts(request: PlaceOrder) -> list[DomainError]:
    limits = {
        "externalReference": (request.external_reference, 1, 100, "An external reference"),
        "shippingMethod": (request.shipping_method, 0, 60, "A shipping method"),
        "paymentMethod": (request.payment_method, 1, 40, "A payment method"),
        "note": (request.note, 0, LONGEST_NOTE, "A note"),
    }
    return [
        InvalidInput(f"{what} has {least} to {most:,} characters.", path=(field,))
        for field, (text, least, most, what) in limits.items()
        if text is not None and not least <= len(text) <= most
    ]


def _faults_of_line(line: PlaceLine, n: int) -> list[DomainError]:
    found: list[DomainError] = []
    if len(line.components) > MOST_COMPONENTS:
        field = ("lines", str(n), "components")
        found.append(InvalidInput(f"A bundle has at most {MOST_COMPONENTS} components.", path=field))
    for units, path in [(line.quantity, ("lines", str(n), "quantity"))] + [
        (each.units, ("lines", str(n), "components", str(m), "units")) for m, each in enumerate(line.components)
    ]:
        try:
            checked_units(units, path=path)
        except InvalidInput as fault:
            found.append(fault)
    return found


def _faults_of_address(address: PlaceAddress, path: tuple[str, ...]) -> list[DomainError]:
    limits = {
        "name": (address.name, 1, 160),
        "company": (address.company, 0, 160),
        "street": (address.street, 1, 200),
        "streetExtra": (address.street_extra, 0, 200),
        "postalCode": (address.postal_code, 1, 20),
        "city": (address.city, 1, 100),
        "region": (address.region, 0, 100),
        "phone": (address.phone, 0, 40),
    }
    found: list[DomainError] = [
        InvalidInput(f"The {field} of an address has {least} to {most} characters.", path=(*path, field))
        for field, (text, least, most) in limits.items()
        if text is not None and not least <= len(text.strip()) <= len(text) <= most
    ]
    if len(address.country_code) != 2 or not (address.country_code.isascii() and address.country_code.isupper()):
        found.append(InvalidInput("A country is two capital letters (ISO 3166-1).", path=(*path, "countryCode")))
    return found

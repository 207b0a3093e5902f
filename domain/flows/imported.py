"""An order as another system remembers it: what an import brings, and what became of it here."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.orders.models import ChargeKind


class Standing(StrEnum):
    """How far an order was where it comes from."""

    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"

    @property
    def is_called_off(self) -> bool:
        """Whether none of its units was, or will be, sent."""
        return self in (Standing.CANCELED, Standing.REJECTED)


class ImportResult(StrEnum):
    """What became of one order of an import."""

    IMPORTED = "IMPORTED"
    ALREADY_THERE = "ALREADY_THERE"
    DIFFERS = "DIFFERS"


@dataclass(frozen=True)
class ImportChannel:
    """Where the orders were sold; made by the first batch when it is not there yet."""

    code: str
    name: str
    currency: str
    legal_entity: str
    time_zone: str


@dataclass(frozen=True)
class ImportedCustomer:
    """Who bought, by their id elsewhere, their e-mail address, or both."""

    reference: str | None = None
    email: str | None = None
    name: str = ""

    @property
    def key(self) -> str:
        """What tells them from others: the id elsewhere, else the e-mail address."""
        return self.reference or self.email or ""


@dataclass(frozen=True)
class ImportedAddress:
    """Where it went. Old books are often incomplete: every part but the country may be empty."""

    country_code: str
    name: str = ""
    street: str = ""
    street_extra: str | None = None
    postal_code: str = ""
    city: str = ""
    region: str | None = None


@dataclass(frozen=True)
class ImportedLine:
    """What was bought. Amounts in minor units, tax included; the gross amount is the whole line's, rounded once."""

    sku: str
    title: str
    quantity: int
    unit_price_minor: int
    gross_minor: int
    discount_minor: int = 0
    tax_minor: int = 0


@dataclass(frozen=True)
class ImportedCharge:
    """Postage, a fee or an adjustment, in minor units, tax included; negative for a reduction."""

    kind: ChargeKind
    title: str
    gross_minor: int


@dataclass(frozen=True)
class ReturnedGoods:
    """Units that a credit note took back, and what it gave for them."""

    sku: str
    title: str
    quantity: int
    unit_price_minor: int
    credited_minor: int

    @property
    def charge(self) -> ImportedCharge:
        """Its line of the credit note."""
        title = f"-{self.quantity} × {self.sku} {self.title}"
        return ImportedCharge(ChargeKind.ADJUSTMENT, title[:200], -self.credited_minor)


@dataclass(frozen=True)
class ImportedPayment:
    """Money that came, in minor units."""

    method: str
    amount_minor: int
    reference: str | None = None


@dataclass(frozen=True)
class ImportedShipment:
    """One hand-over that carried the whole order."""

    carrier: str
    shipped_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True)
class ImportedOrder:
    """An order, or a credit note: then it has no lines, and `returned` says which goods came back."""

    reference: str
    placed_at: datetime
    currency: str
    standing: Standing = Standing.DELIVERED
    customer: ImportedCustomer | None = None
    address: ImportedAddress | None = None
    lines: tuple[ImportedLine, ...] = ()
    charges: tuple[ImportedCharge, ...] = ()
    returned: tuple[ReturnedGoods, ...] = ()
    payments: tuple[ImportedPayment, ...] = ()
    shipment: ImportedShipment | None = None
    shipping_method: str | None = None
    note: str | None = None

    @property
    def subtotal_minor(self) -> int:
        """Its lines, tax included."""
        return sum(line.gross_minor for line in self.lines)

    @property
    def all_charges(self) -> tuple[ImportedCharge, ...]:
        """Its charges, those for returned goods among them."""
        return (*self.charges, *(goods.charge for goods in self.returned)) if self.returned else self.charges

    @property
    def charges_minor(self) -> int:
        """Its charges, tax included."""
        return sum(charge.gross_minor for charge in self.all_charges)

    @property
    def total_minor(self) -> int:
        """What it comes to; negative for most credit notes."""
        return self.subtotal_minor + self.charges_minor


@dataclass(frozen=True)
class ImportBatch:
    """Whole orders of one channel that land in one commit."""

    channel: ImportChannel
    orders: tuple[ImportedOrder, ...] = field(repr=False)

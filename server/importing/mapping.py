"""A mapping: which column says what, and what to make of special rows."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from domain.flows.imported import Standing
from domain.orders.models import ChargeKind


@dataclass(frozen=True)
class SourceMapping:
    """How the file is written. Times without an offset are in `time_zone`; `date_format` "iso" is ISO 8601."""

    encoding: str = "utf-8-sig"
    delimiter: str = ","
    sheet: str = ""
    date_format: str = "iso"
    time_zone: str = "UTC"
    decimal: str = "."
    look_ahead_rows: int = 1000
    lines: str = ""
    payments: str = ""


@dataclass(frozen=True)
class ChannelMapping:
    """The sales channel; `code` and `currency` are needed, the rest serves to make a channel that is not there yet."""

    code: str
    currency: str
    name: str = ""
    legal_entity: str = "Imported"
    time_zone: str = ""


@dataclass(frozen=True)
class OrderMapping:
    """Columns of the order."""

    reference: str
    placed_at: str
    shipping_method: str = ""
    note: str = ""
    unpriced_without_customer: str = "import"


@dataclass(frozen=True)
class CustomerMapping:
    """Columns of the customer."""

    reference: str = ""
    email: str = ""
    name: str = ""


@dataclass(frozen=True)
class AddressMapping:
    """Columns of the shipping address; `countries` turns names into ISO codes, "" is no address."""

    country: str = ""
    name: str = ""
    street: str = ""
    street_extra: str = ""
    postal_code: str = ""
    city: str = ""
    region: str = ""
    country_code: str = ""
    countries: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LineMapping:
    """Columns of a line. `unit_price` includes tax; discount and tax are of the whole line."""

    sku: str
    quantity: str
    unit_price: str
    title: str = ""
    discount: str = ""
    tax: str = ""


@dataclass(frozen=True)
class ChargeRule:
    """Rows whose SKU fits one of the patterns are a charge of this kind, not goods."""

    sku: list[str]
    kind: ChargeKind

    def fits(self, sku: str) -> bool:
        """Whether the row is such a charge. Case matters."""
        return any(fnmatchcase(sku, pattern) for pattern in self.sku)


@dataclass(frozen=True)
class ChargeColumn:
    """A column with an amount for the whole order: postage, a fee, a reduction (`sign = -1`)."""

    column: str
    kind: ChargeKind
    title: str
    sign: int = 1


@dataclass(frozen=True)
class CreditMapping:
    """Orders whose reference fits the pattern are credit notes: their quantities are negative."""

    reference: str = ""

    def fits(self, reference: str) -> bool:
        """Whether it is a credit note."""
        return bool(self.reference) and fnmatchcase(reference, self.reference)


@dataclass(frozen=True)
class StatusMapping:
    """Where the source says how far the order was, and what its words mean here."""

    column: str = ""
    default: Standing = Standing.DELIVERED
    values: dict[str, Standing] = field(default_factory=dict)


@dataclass(frozen=True)
class ShipmentMapping:
    """Columns of one hand-over that carried the whole order."""

    shipped_at: str = ""
    delivered_at: str = ""
    carrier: str = "unknown"


@dataclass(frozen=True)
class PaymentMapping:
    """How it was paid: `paid_in_full`, or by the amounts of the order's column or of its nested payments."""

    paid_in_full: bool = False
    default_method: str = "unknown"
    method: str = ""
    amount: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Mapping:
    """The whole mapping file."""

    channel: ChannelMapping
    order: OrderMapping
    line: LineMapping
    source: SourceMapping = field(default_factory=SourceMapping)
    customer: CustomerMapping = field(default_factory=CustomerMapping)
    address: AddressMapping = field(default_factory=AddressMapping)
    credits: CreditMapping = field(default_factory=CreditMapping)
    status: StatusMapping = field(default_factory=StatusMapping)
    shipment: ShipmentMapping = field(default_factory=ShipmentMapping)
    payment: PaymentMapping = field(default_factory=PaymentMapping)
    charges: tuple[ChargeRule, ...] = ()
    charge_columns: tuple[ChargeColumn, ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """The columns without which no row can be read."""
        needed = {self.order.reference, self.order.placed_at}
        if not self.source.lines:
            needed |= {self.line.sku, self.line.quantity, self.line.unit_price}
        return frozenset(needed)

    def charge_kind(self, sku: str) -> ChargeKind | None:
        """Which charge a row of this SKU is; None for goods."""
        return next((rule.kind for rule in self.charges if rule.fits(sku)), None)

"""Rows of one order to the order they mean, or to what is wrong with each of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from domain.flows.imported import (
    ImportedCharge,
    ImportedLine,
    ImportedOrder,
    ImportedPayment,
    ReturnedGoods,
)
from domain.kernel.currencies import EXPONENTS
from domain.kernel.quantities import MOST_UNITS
from domain.orders.models import ChargeKind
from server.importing.cells import Cells, clock, words
from server.importing.faults import Fault, RowFault
from server.importing.grouping import SourceOrder
from server.importing.heading import Heading, read_heading
from server.importing.mapping import Mapping as ImportMapping
from server.importing.readers import Record

ANOTHER_ROW = Fault("ORDER_HAS_ERRORS", "", "Another row of this order has an error.")
NO_ORDER = Fault(
    "STOCK_ADJUSTMENT", "", "Nobody bought it and it cost nothing: a correction of stock, not part of an order."
)


@dataclass(frozen=True)
class Rejection:
    """An order that is not imported: its rows, and what is wrong with each."""

    order: SourceOrder
    faults: tuple[tuple[Fault, ...], ...]

    @classmethod
    def of(cls, order: SourceOrder, faults: Mapping[int, Sequence[Fault]]) -> "Rejection":
        """The same faults by the row they stand in; rows without one are rejected with the others."""
        return cls(order, tuple(tuple(faults.get(n, (ANOTHER_ROW,))) for n in range(len(order.records))))

    @classmethod
    def whole(cls, order: SourceOrder, fault: Fault) -> "Rejection":
        """The order itself is at fault: every row says so."""
        return cls(order, ((fault,),) * len(order.records))


@dataclass(frozen=True)
class Item:
    """A row with a SKU, read and not judged yet."""

    sku: str
    title: str
    quantity: int
    price: Decimal
    discount_minor: int
    tax_minor: int


class Faults:
    """What is wrong, by the place of the row within its order."""

    def __init__(self) -> None:
        self.by_row: dict[int, list[Fault]] = {}

    def add(self, row: int, fault: Fault) -> None:
        """One more."""
        self.by_row.setdefault(row, []).append(fault)


class Translator:
    """Reads orders by a mapping."""

    def __init__(self, mapping: ImportMapping) -> None:
        self.mapping = mapping
        source = mapping.source
        time = clock(source.date_format, source.time_zone)
        self.cells = Cells(source.decimal, EXPONENTS[mapping.channel.currency], time)
        self.charge_kind = lru_cache(maxsize=10_000)(mapping.charge_kind)

    def translate(self, order: SourceOrder) -> ImportedOrder | Rejection:
        """The order that the rows mean; if a single row is wrong, what is wrong with every row: never half an order."""
        faults = Faults()
        for n, record in enumerate(order.records):
            if record.fault:
                faults.add(n, record.fault)
        if faults.by_row:
            return Rejection.of(order, faults.by_row)
        heading = read_heading(self.mapping, self.cells, order, faults.add)
        items = self._items(order, faults)
        if heading and not faults.by_row and self._is_no_order(order.reference, heading, items):
            return Rejection.whole(order, NO_ORDER)
        parts = Parts(self.mapping, self.cells, self.charge_kind)
        is_credit = self.mapping.credits.fits(order.reference)
        for n, item in enumerate(items):
            try:
                if item:
                    parts.credit(item) if is_credit else parts.sell(item)
            except RowFault as wrong:
                faults.add(0 if self.mapping.source.lines else n, wrong.fault)
        if faults.by_row or heading is None:
            return Rejection.of(order, faults.by_row)
        return self._order(order, heading, parts)

    def _items(self, order: SourceOrder, faults: Faults) -> list[Item | None]:
        found: list[Item | None] = []
        for n, record in enumerate(order.lines):
            try:
                found.append(self._item(record))
            except RowFault as wrong:
                found.append(None)
                faults.add(0 if self.mapping.source.lines else n, wrong.fault)
        return found

    def _item(self, record: Record) -> Item:
        columns, values = self.mapping.line, record.values
        sku = words(values, columns.sku, 64)
        if not sku:
            raise RowFault("MISSING_SKU", columns.sku, "The row names no SKU.")
        return Item(
            sku,
            words(values, columns.title, 400) or sku,
            self.cells.units(values, columns.quantity),
            self.cells.price(values, columns.unit_price),
            self.cells.amount(values, columns.discount),
            self.cells.amount(values, columns.tax),
        )

    def _is_no_order(self, reference: str, heading: Heading, items: Sequence[Item | None]) -> bool:
        if self.mapping.order.unpriced_without_customer == "import" or self.mapping.credits.fits(reference):
            return False
        unpriced = all(item is not None and not item.price for item in items)
        return heading.customer is None and unpriced and bool(items)

    def _order(self, order: SourceOrder, heading: Heading, parts: "Parts") -> ImportedOrder:
        found = ImportedOrder(
            reference=order.reference,
            placed_at=heading.placed_at,
            currency=self.mapping.channel.currency,
            standing=heading.standing,
            customer=heading.customer,
            address=heading.address,
            lines=tuple(parts.lines),
            charges=(*parts.charges, *heading.charges),
            returned=tuple(parts.returned),
            payments=heading.payments,
            shipment=heading.shipment,
            shipping_method=heading.shipping_method,
            note=heading.note,
        )
        if self.mapping.payment.paid_in_full and found.total_minor > 0 and not found.standing.is_called_off:
            paid = ImportedPayment(heading.payment_method, found.total_minor)
            return replace(found, payments=(paid,))
        return found


class Parts:
    """Lines, charges and returned goods of one order."""

    def __init__(self, mapping: ImportMapping, cells: Cells, charge_kind: Callable[[str], ChargeKind | None]) -> None:
        self.mapping, self.cells, self.charge_kind = mapping, cells, charge_kind
        self.lines: list[ImportedLine] = []
        self.charges: list[ImportedCharge] = []
        self.returned: list[ReturnedGoods] = []

    def sell(self, item: Item) -> None:
        """A row of an order: goods, or a charge where its SKU says so. Raises RowFault."""
        columns = self.mapping.line
        full = self.cells.minor(item.quantity * item.price, columns.unit_price)
        kind = self.charge_kind(item.sku)
        if kind:
            self.charges.append(ImportedCharge(kind, _counted(item.quantity, item.title), full - item.discount_minor))
            return
        if not 1 <= item.quantity <= MOST_UNITS:
            raise RowFault(
                "QUANTITY_OUT_OF_RANGE",
                columns.quantity,
                f"Goods are sold in 1 to {MOST_UNITS:,} units, not {item.quantity}.",
            )
        if item.price < 0:
            raise RowFault("NEGATIVE_PRICE", columns.unit_price, "Goods have no negative price.")
        gross = full - item.discount_minor
        if not (0 <= item.discount_minor <= full and 0 <= item.tax_minor <= gross):
            raise RowFault("AMOUNTS_DISAGREE", columns.unit_price, "Discount and tax are parts of the line's price.")
        price = self.cells.minor(item.price, columns.unit_price)
        self.lines.append(
            ImportedLine(item.sku, item.title, item.quantity, price, gross, item.discount_minor, item.tax_minor)
        )

    def credit(self, item: Item) -> None:
        """A row of a credit note: a negative charge, and for goods also units that came back. Raises RowFault."""
        columns = self.mapping.line
        if not -MOST_UNITS <= item.quantity <= -1:
            raise RowFault("QUANTITY_OUT_OF_RANGE", columns.quantity, "A credit note takes back at least one unit.")
        if item.price < 0:
            raise RowFault("NEGATIVE_PRICE", columns.unit_price, "A credit note has no negative price.")
        gross = self.cells.minor(item.quantity * item.price, columns.unit_price)
        kind = self.charge_kind(item.sku)
        if kind:
            self.charges.append(ImportedCharge(kind, _counted(item.quantity, item.title), gross))
            return
        price = self.cells.minor(item.price, columns.unit_price)
        self.returned.append(ReturnedGoods(item.sku, item.title, -item.quantity, price, -gross))


def _counted(quantity: int, title: str) -> str:
    """A charge that was counted keeps its count: "POSTAGE × 3"."""
    return title[:200] if abs(quantity) == 1 else f"{title[:180]} × {quantity}"

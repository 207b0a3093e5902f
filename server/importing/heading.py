"""What the rows of an order say of the order itself: when, who, where to, how far, how paid."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.customers.decisions import normal_email
from domain.flows.imported import (
    ImportedAddress,
    ImportedCharge,
    ImportedCustomer,
    ImportedPayment,
    ImportedShipment,
    Standing,
)
from domain.kernel.errors import InvalidInput
from server.importing.cells import Cells, cell, words
from server.importing.faults import Fault, RowFault
from server.importing.grouping import SourceOrder
from server.importing.mapping import Mapping as ImportMapping

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Heading:
    """The order without its lines."""

    placed_at: datetime
    standing: Standing
    customer: ImportedCustomer | None
    address: ImportedAddress | None
    charges: tuple[ImportedCharge, ...]
    payments: tuple[ImportedPayment, ...]
    payment_method: str
    shipment: ImportedShipment | None
    shipping_method: str | None
    note: str | None


def read_heading(
    mapping: ImportMapping, cells: Cells, order: SourceOrder, fault: Callable[[int, Fault], None]
) -> Heading | None:
    """The heading, from the order's first row; None when something is wrong with it, which `fault` is told."""
    placed_at = _placed_at(mapping, cells, order, fault)
    header = order.header
    try:
        if not len(words(header, mapping.order.reference, 100)) >= 1:
            raise RowFault("MISSING_REFERENCE", mapping.order.reference, "The row names no order.")
        _one_customer(mapping, order)
        standing = _standing(mapping, header)
        heading = Heading(
            placed_at or datetime.min,  # never seen: without a time there is no heading
            standing,
            _customer(mapping, header),
            _address(mapping, header),
            _charges(mapping, cells, header),
            _payments(mapping, cells, order),
            words(header, mapping.payment.method, 40) or mapping.payment.default_method,
            _shipment(mapping, cells, header),
            words(header, mapping.order.shipping_method, 60) or None,
            words(header, mapping.order.note, 10_000) or None,
        )
    except RowFault as wrong:
        fault(0, wrong.fault)
        return None
    return heading if placed_at else None


def _placed_at(
    mapping: ImportMapping, cells: Cells, order: SourceOrder, fault: Callable[[int, Fault], None]
) -> datetime | None:
    """The earliest time that its rows give."""
    column, found = mapping.order.placed_at, []
    for n, record in enumerate(order.records):
        try:
            placed_at = cells.moment(record.values, column)
            if placed_at is None:
                raise RowFault("MISSING_TIME", column, "The row does not say when the order was placed.")
            found.append(placed_at)
        except RowFault as wrong:
            fault(n, wrong.fault)
    return min(found, default=None)


def _one_customer(mapping: ImportMapping, order: SourceOrder) -> None:
    for column in (mapping.customer.reference, mapping.customer.email):
        if column and len({cell(record.values, column) for record in order.records}) > 1:
            raise RowFault("ORDER_DISAGREES", column, "The rows of this order name different customers.")


def _standing(mapping: ImportMapping, header: Values) -> Standing:
    column = mapping.status.column
    if not column:
        return mapping.status.default
    word = cell(header, column)
    if word not in mapping.status.values:
        raise RowFault("UNKNOWN_STATUS", column, f'The mapping does not say what the status "{word[:40]}" means.')
    return mapping.status.values[word]


def _customer(mapping: ImportMapping, header: Values) -> ImportedCustomer | None:
    columns = mapping.customer
    reference = words(header, columns.reference, 100)
    email = words(header, columns.email, 254)
    try:
        email = normal_email(email) if email else ""
    except InvalidInput as fault:
        raise RowFault("NOT_AN_EMAIL", columns.email, fault.message) from fault
    if not reference and not email:
        return None
    return ImportedCustomer(reference or None, email or None, words(header, columns.name, 160))


def _address(mapping: ImportMapping, header: Values) -> ImportedAddress | None:
    columns = mapping.address
    if columns.countries:
        name = cell(header, columns.country_code)
        if name not in columns.countries:
            message = f'The mapping does not say which country "{name[:40]}" is.'
            raise RowFault("UNKNOWN_COUNTRY", columns.country_code, message)
        code = columns.countries[name]
    else:
        code = words(header, columns.country_code, 2) or columns.country
    if not code:
        return None
    if len(code) != 2 or not (code.isascii() and code.isupper()):
        raise RowFault("UNKNOWN_COUNTRY", columns.country_code, "A country is two capital letters (ISO 3166-1).")
    return ImportedAddress(
        code,
        words(header, columns.name, 160),
        words(header, columns.street, 200),
        words(header, columns.street_extra, 200) or None,
        words(header, columns.postal_code, 20),
        words(header, columns.city, 100),
        words(header, columns.region, 100) or None,
    )


def _charges(mapping: ImportMapping, cells: Cells, header: Values) -> tuple[ImportedCharge, ...]:
    amounts = [(each, cells.amount(header, each.column)) for each in mapping.charge_columns]
    return tuple(ImportedCharge(each.kind, each.title, each.sign * amount) for each, amount in amounts if amount)


def _payments(mapping: ImportMapping, cells: Cells, order: SourceOrder) -> tuple[ImportedPayment, ...]:
    columns = mapping.payment
    if not columns.amount:
        return ()
    found = []
    for values in order.payments if mapping.source.payments else [order.header]:
        amount = cells.amount(values, columns.amount)
        if amount < 0:
            raise RowFault("NEGATIVE_PAYMENT", columns.amount, "A payment is not negative.")
        if amount:
            method = words(values, columns.method, 40) or columns.default_method
            found.append(ImportedPayment(method, amount, words(values, columns.reference, 120) or None))
    return tuple(found)


def _shipment(mapping: ImportMapping, cells: Cells, header: Values) -> ImportedShipment | None:
    columns = mapping.shipment
    shipped_at = cells.moment(header, columns.shipped_at)
    delivered_at = cells.moment(header, columns.delivered_at)
    if shipped_at is None and delivered_at is None:
        return None
    return ImportedShipment(columns.carrier, shipped_at, delivered_at)

"""The rows of an order that lands in its final state: no stock is touched, nothing follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.flows.imported import ImportedLine, ImportedOrder, ImportedPayment, ImportedShipment, Standing
from domain.kernel.ids import new_id
from domain.kernel.numbers import new_number
from domain.orders.decisions import authorize_status, charge_status
from domain.orders.lifecycle import FulfillmentStatus, OrderStatus
from domain.orders.models import (
    AddressKind,
    ChargeRow,
    OrderAddressRow,
    OrderLineRow,
    OrderOrigin,
    OrderRow,
    RequirementRow,
)
from domain.payments.lifecycle import PaymentStatus
from domain.payments.models import PaymentRow, PaymentTransactionRow, TransactionKind
from domain.shipping.lifecycle import ShipmentStatus, TrackingStatus
from domain.shipping.models import ParcelLineRow, ParcelRow, ShipmentRow

S, F = Standing, FulfillmentStatus
STATUS = {
    S.PENDING: OrderStatus.PENDING,
    S.CONFIRMED: OrderStatus.CONFIRMED,
    S.SHIPPED: OrderStatus.CONFIRMED,
    S.DELIVERED: OrderStatus.COMPLETED,
    S.CANCELED: OrderStatus.CANCELED,
    S.REJECTED: OrderStatus.REJECTED,
}


@dataclass(frozen=True)
class Origin:
    """What the rows of an order need from the books around it."""

    channel_id: UUID
    now: datetime
    actor: str
    customers: Mapping[str, UUID]
    variants: Mapping[str, UUID]


@dataclass
class NewRows:
    """Rows to insert, parents first."""

    orders: list[OrderRow] = field(default_factory=list)
    lines: list[OrderLineRow] = field(default_factory=list)
    requirements: list[RequirementRow] = field(default_factory=list)
    charges: list[ChargeRow] = field(default_factory=list)
    addresses: list[OrderAddressRow] = field(default_factory=list)
    shipments: list[ShipmentRow] = field(default_factory=list)
    parcels: list[ParcelRow] = field(default_factory=list)
    parcel_lines: list[ParcelLineRow] = field(default_factory=list)
    payments: list[PaymentRow] = field(default_factory=list)
    transactions: list[PaymentTransactionRow] = field(default_factory=list)

    def add(self, order: ImportedOrder, origin: Origin) -> OrderRow:
        """The order's row; it and all that belongs to it will be inserted."""
        row = _order_row(order, origin)
        self.orders.append(row)
        requirements = []
        for position, line in enumerate(order.lines, 1):
            variant_id = origin.variants.get(line.sku)
            line_row = _line_row(order, row.id, position, line, variant_id)
            self.lines.append(line_row)
            requirements.append(_requirement_row(order, line_row))
        self.requirements += requirements
        self._add_charges(order, row.id)
        self._add_address(order, row.id)
        if order.shipment and not order.standing.is_called_off and requirements:
            self._add_shipment(order.shipment, row, requirements)
        for payment in order.payments:
            self._add_payment(order, payment, row, origin.actor)
        return row

    def _add_charges(self, order: ImportedOrder, order_id: UUID) -> None:
        for position, charge in enumerate(order.all_charges, 1):
            self.charges.append(
                ChargeRow(
                    order_id=order_id,
                    position=position,
                    kind=charge.kind,
                    title=charge.title,
                    currency=order.currency,
                    net_minor=charge.gross_minor,
                    gross_minor=charge.gross_minor,
                )
            )

    def _add_address(self, order: ImportedOrder, order_id: UUID) -> None:
        if order.address is None:
            return
        address = order.address
        self.addresses.append(
            OrderAddressRow(
                order_id=order_id,
                kind=AddressKind.SHIPPING,
                name=address.name,
                street=address.street,
                street_extra=address.street_extra,
                postal_code=address.postal_code,
                city=address.city,
                region=address.region,
                country_code=address.country_code,
            )
        )

    def _add_shipment(self, shipment: ImportedShipment, order: OrderRow, requirements: list[RequirementRow]) -> None:
        if order.fulfillment_status not in (F.SHIPPED, F.DELIVERED):
            return
        delivered = order.fulfillment_status is F.DELIVERED
        row = ShipmentRow(
            order_id=order.id,
            fulfillment_order_id=None,
            location_id=None,
            status=ShipmentStatus.DELIVERED if delivered else ShipmentStatus.SHIPPED,
            carrier=shipment.carrier,
            created_at=shipment.shipped_at or order.placed_at,
            shipped_at=shipment.shipped_at,
            delivered_at=shipment.delivered_at if delivered else None,
        )
        parcel = ParcelRow(
            shipment_id=row.id,
            order_id=order.id,
            position=1,
            carrier=shipment.carrier,
            tracking_status=TrackingStatus.DELIVERED if delivered else TrackingStatus.IN_TRANSIT,
            tracked_at=row.delivered_at or row.shipped_at,
        )
        self.shipments.append(row)
        self.parcels.append(parcel)
        for each in requirements:
            self.parcel_lines.append(
                ParcelLineRow(
                    parcel_id=parcel.id,
                    shipment_id=row.id,
                    order_id=order.id,
                    requirement_id=each.id,
                    sku=each.sku,
                    quantity=each.required,
                )
            )

    def _add_payment(self, order: ImportedOrder, payment: ImportedPayment, row: OrderRow, actor: str) -> None:
        taken = 0 if order.standing.is_called_off else payment.amount_minor
        payment_row = PaymentRow(
            order_id=row.id,
            method=payment.method,
            status=PaymentStatus.CAPTURED if taken else PaymentStatus.CANCELED,
            currency=order.currency,
            expected_minor=payment.amount_minor,
            authorized_minor=taken,
            captured_minor=taken,
            reference=payment.reference,
            created_at=order.placed_at,
        )
        self.payments.append(payment_row)
        if taken:
            self.transactions.append(
                PaymentTransactionRow(
                    payment_id=payment_row.id,
                    order_id=row.id,
                    kind=TransactionKind.SALE,
                    currency=order.currency,
                    amount_minor=taken,
                    reference=payment.reference,
                    actor=actor,
                    occurred_at=order.placed_at,
                )
            )

    async def insert(self) -> None:
        """Write them, in an order that every foreign key agrees with."""
        await OrderRow.bulk_create(self.orders, batch_size=500)
        await OrderLineRow.bulk_create(self.lines, batch_size=500)
        await RequirementRow.bulk_create(self.requirements, batch_size=500)
        await ChargeRow.bulk_create(self.charges, batch_size=500)
        await OrderAddressRow.bulk_create(self.addresses, batch_size=500)
        await ShipmentRow.bulk_create(self.shipments, batch_size=500)
        await ParcelRow.bulk_create(self.parcels, batch_size=500)
        await ParcelLineRow.bulk_create(self.parcel_lines, batch_size=500)
        await PaymentRow.bulk_create(self.payments, batch_size=500)
        await PaymentTransactionRow.bulk_create(self.transactions, batch_size=500)


def _order_row(order: ImportedOrder, origin: Origin) -> OrderRow:
    standing, total = order.standing, order.total_minor
    owed = 0 if standing.is_called_off else total
    paid = 0 if standing.is_called_off else sum(payment.amount_minor for payment in order.payments)
    ended_at = (order.shipment.delivered_at if order.shipment else None) or order.placed_at
    return OrderRow(
        id=new_id(),
        number=new_number(),
        channel_id=origin.channel_id,
        external_reference=order.reference,
        origin=OrderOrigin.IMPORTED_HISTORY,
        customer_id=origin.customers[order.customer.key] if order.customer else None,
        status=STATUS[standing],
        fulfillment_status=_fulfillment_status(order),
        authorize_status=authorize_status(owed, paid),
        charge_status=charge_status(owed, paid),
        currency=order.currency,
        subtotal_minor=order.subtotal_minor,
        charges_minor=order.charges_minor,
        discount_minor=sum(line.discount_minor for line in order.lines),
        tax_minor=sum(line.tax_minor for line in order.lines),
        total_minor=total,
        canceled_minor=total if standing.is_called_off else 0,
        shipping_method=order.shipping_method,
        note=order.note,
        cancel_reason="It was called off where it comes from." if standing.is_called_off else None,
        placed_at=order.placed_at,
        recorded_at=origin.now,
        updated_at=origin.now,
        completed_at=ended_at if standing is S.DELIVERED else None,
        canceled_at=order.placed_at if standing.is_called_off else None,
    )


def _fulfillment_status(order: ImportedOrder) -> FulfillmentStatus:
    if order.standing is S.DELIVERED:
        # Also without lines: nobody has to deliver a credit note, so it does not stand among the unfulfilled.
        return F.DELIVERED
    return F.SHIPPED if order.standing is S.SHIPPED and order.lines else F.UNFULFILLED


def _line_row(
    order: ImportedOrder, order_id: UUID, position: int, line: ImportedLine, variant_id: UUID | None
) -> OrderLineRow:
    return OrderLineRow(
        order_id=order_id,
        position=position,
        variant_id=variant_id,
        sku=line.sku,
        title=line.title,
        quantity=line.quantity,
        currency=order.currency,
        unit_price_minor=line.unit_price_minor,
        discount_minor=line.discount_minor,
        net_minor=line.gross_minor - line.tax_minor,
        tax_minor=line.tax_minor,
        gross_minor=line.gross_minor,
    )


def _requirement_row(order: ImportedOrder, line: OrderLineRow) -> RequirementRow:
    units, standing = line.quantity, order.standing
    shipped = units if standing in (S.SHIPPED, S.DELIVERED) else 0
    canceled = units if standing.is_called_off else 0
    return RequirementRow(
        order_id=line.order_id,
        line_id=line.id,
        variant_id=line.variant_id,
        sku=line.sku,
        # Nothing is set aside for history, not even for what was still open in it.
        is_stocked=False,
        required=units,
        canceled=canceled,
        unallocated=units - shipped - canceled,
        shipped=shipped,
        delivered=units if standing is S.DELIVERED else 0,
        currency=line.currency,
        gross_minor=line.gross_minor,
        released_minor=line.gross_minor if canceled else 0,
    )

"""Rows of orders: the order, its lines, their requirements, charges, addresses and holds."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from domain.kernel.rows import Row, partial_index, reference
from domain.orders.lifecycle import (
    AuthorizeStatus,
    ChargeStatus,
    FulfillmentStatus,
    OrderFacts,
    OrderStatus,
    ReturnsStatus,
)


class ChargeKind(StrEnum):
    """What a charge that is no item is for."""

    SHIPPING = "SHIPPING"
    FEE = "FEE"
    ADJUSTMENT = "ADJUSTMENT"


class AddressKind(StrEnum):
    """What an address of an order is for."""

    SHIPPING = "SHIPPING"
    BILLING = "BILLING"


class HoldKind(StrEnum):
    """Why an order may not proceed yet."""

    ADDRESS = "ADDRESS"
    FRAUD = "FRAUD"
    PAYMENT = "PAYMENT"
    STOCK = "STOCK"
    CUSTOMER_REQUEST = "CUSTOMER_REQUEST"
    MANUAL = "MANUAL"


class OrderOrigin(StrEnum):
    """How the order came into the books."""

    PLACED = "PLACED"
    IMPORTED_OPEN = "IMPORTED_OPEN"
    IMPORTED_HISTORY = "IMPORTED_HISTORY"


class OrderRow(Row):
    """What was bought, by whom, and how far it is."""

    number = fields.CharField(max_length=20, unique=True, description="Its name for people; cannot be guessed.")
    channel: Any = reference("ChannelRow", "Where it was sold.", index=False)
    channel_id: UUID
    external_reference = fields.CharField(max_length=100, null=True, description="Its name in the channel.")
    origin: Any = fields.CharEnumField(OrderOrigin, max_length=20, description="How it came into the books.")
    customer: Any = reference("CustomerRow", "Who bought.", null=True, index=False)
    customer_id: UUID | None
    status: Any = fields.CharEnumField(OrderStatus, max_length=10, description="How far it is, as decided.")
    fulfillment_status: Any = fields.CharEnumField(
        FulfillmentStatus, max_length=20, default=FulfillmentStatus.UNFULFILLED, description="How far its goods are."
    )
    authorize_status: Any = fields.CharEnumField(
        AuthorizeStatus, max_length=10, default=AuthorizeStatus.NONE, description="How much of it is promised."
    )
    charge_status: Any = fields.CharEnumField(
        ChargeStatus, max_length=12, default=ChargeStatus.NONE, description="How much of it is paid."
    )
    return_status: Any = fields.CharEnumField(
        ReturnsStatus, max_length=20, default=ReturnsStatus.NONE, description="How far its goods have come back."
    )
    currency = fields.CharField(max_length=3, description="The currency of all its amounts.")
    subtotal_minor = fields.BigIntField(description="Sum of its lines, tax included.")
    charges_minor = fields.BigIntField(description="Sum of shipping, fees and adjustments, tax included.")
    discount_minor = fields.BigIntField(default=0, description="What was taken off the lines; already out of them.")
    tax_minor = fields.BigIntField(default=0, description="The tax within the total.")
    total_minor = fields.BigIntField(description="What the buyer owes: lines and charges.")
    canceled_minor = fields.BigIntField(default=0, description="The part of the total that is owed no more.")
    shipping_method = fields.CharField(max_length=60, null=True, description="How the buyer wants it sent.")
    note = fields.TextField(null=True, description="What the buyer wrote.")
    cancel_reason = fields.CharField(max_length=200, null=True, description="Why it was called off.")
    placed_at = fields.DatetimeField(description="When the buyer placed it.")
    recorded_at = fields.DatetimeField(description="When it came into these books.")
    updated_at = fields.DatetimeField(description="When it or a child of it last changed.")
    completed_at = fields.DatetimeField(null=True, description="When it was completed.")
    canceled_at = fields.DatetimeField(null=True, description="When it was called off.")
    version = fields.IntField(default=0, description="The sequence of its last event; every change raises it.")
    revision = fields.IntField(default=0, description="How often it was edited; scans and notes do not count.")

    class Meta:
        table = "orders"
        indexes = [
            Index(fields=("placed_at", "id")),
            Index(fields=("updated_at", "id")),
            Index(fields=("status", "placed_at", "id")),
            Index(fields=("customer_id", "placed_at", "id")),
            Index(fields=("channel_id", "placed_at", "id")),
        ]
        constraints = [
            # The reference first, for it is looked up without a channel too.
            UniqueConstraint(
                fields=("external_reference", "channel_id"),
                name="orders_external_reference",
                condition="external_reference IS NOT NULL",
            ),
            # Open work: few rows, however many orders there are.
            partial_index("orders_open", ("placed_at", "id"), "status IN ('DRAFT', 'PENDING', 'CONFIRMED')"),
            partial_index(
                "orders_undelivered", ("fulfillment_status", "placed_at", "id"), "fulfillment_status <> 'DELIVERED'"
            ),
            # What is rare. The common values are found by walking along placed_at, and cost nothing here.
            partial_index("orders_part_authorized", ("placed_at", "id"), "authorize_status = 'PARTIAL'"),
            partial_index(
                "orders_charged_amiss",
                ("charge_status", "placed_at", "id"),
                "charge_status IN ('PARTIAL', 'OVERCHARGED')",
            ),
            partial_index("orders_with_returns", ("return_status", "placed_at", "id"), "return_status <> 'NONE'"),
            partial_index("orders_imported", ("origin", "placed_at", "id"), "origin <> 'PLACED'"),
            CheckConstraint(check="total_minor = subtotal_minor + charges_minor", name="orders_total_adds_up"),
            CheckConstraint(check="version >= 0 AND revision >= 0", name="orders_version_not_negative"),
        ]

    def release(self, amount_minor: int) -> None:
        """The buyer owes that much less, though never less than nothing."""
        self.canceled_minor = min(self.total_minor, self.canceled_minor + amount_minor)

    def facts(self, *, is_on_hold: bool, has_open_work: bool = False) -> OrderFacts:
        """What the rules look at."""
        return OrderFacts(is_on_hold, self.fulfillment_status, has_open_work)


class OrderLineRow(Row):
    """What was bought, at which price: snapshots, never recomputed from the catalog."""

    order: Any = reference("OrderRow", "The order it belongs to.", index=False)
    order_id: UUID
    position = fields.IntField(description="Its place in the order, from 1.")
    variant: Any = reference("VariantRow", "What was bought; none where only history knows it.", null=True, index=False)
    variant_id: UUID | None
    sku = fields.CharField(max_length=64, description="The SKU as it was sold.")
    title = fields.CharField(max_length=400, description="What it was called then.")
    quantity = fields.IntField(description="Units sold.")
    currency = fields.CharField(max_length=3, description="The order's currency.")
    unit_price_minor = fields.BigIntField(description="One unit before discounts, tax included, rounded to the cent.")
    discount_minor = fields.BigIntField(default=0, description="Taken off the whole line.")
    net_minor = fields.BigIntField(description="The whole line without tax.")
    tax_minor = fields.BigIntField(default=0, description="The tax of the whole line.")
    gross_minor = fields.BigIntField(description="What the whole line costs, tax included.")

    class Meta:
        table = "order_lines"
        indexes = [Index(fields=("order_id", "position"))]
        constraints = [
            CheckConstraint(check="quantity > 0", name="order_lines_quantity_positive"),
            CheckConstraint(check="gross_minor = net_minor + tax_minor", name="order_lines_gross_adds_up"),
        ]


class RequirementRow(Row):
    """SKU and units that a line needs; every unit stands in exactly one of the counters."""

    order: Any = reference("OrderRow", "The order it belongs to.")
    order_id: UUID
    line: Any = reference("OrderLineRow", "The line that needs it.")
    line_id: UUID
    variant: Any = reference("VariantRow", "What is needed; none where only history knows it.", null=True, index=False)
    variant_id: UUID | None
    sku = fields.CharField(max_length=64, description="The SKU that is needed.")
    units_per_item = fields.IntField(default=1, description="Units of it for one unit sold.")
    is_stocked = fields.BooleanField(default=True, description="Whether a location must set units aside.")
    required = fields.IntField(description="Units needed in all.")
    canceled = fields.IntField(default=0, description="Units called off.")
    unallocated = fields.IntField(default=0, description="Units that no location promises yet.")
    waiting = fields.IntField(default=0, description="Units accepted without stock (backordered).")
    allocated = fields.IntField(default=0, description="Units set aside at a location.")
    picked = fields.IntField(default=0, description="Units taken from the shelf.")
    packed = fields.IntField(default=0, description="Units in a parcel.")
    shipped = fields.IntField(default=0, description="Units handed over, delivered and lost ones included.")
    delivered = fields.IntField(default=0, description="Shipped units that arrived.")
    lost = fields.IntField(default=0, description="Shipped units that will not arrive.")
    returned = fields.IntField(default=0, description="Shipped units that came back.")
    currency = fields.CharField(max_length=3, description="The order's currency.")
    gross_minor = fields.BigIntField(description="Its part of the line's amount, tax included.")
    released_minor = fields.BigIntField(default=0, description="What canceled and returned units took out of it.")

    class Meta:
        table = "requirements"
        constraints = [
            partial_index("requirements_waiting", ("order_id", "id"), "waiting > 0"),
            CheckConstraint(
                check="required = canceled + unallocated + waiting + allocated + picked + packed + shipped",
                name="requirements_quantity_identity",
            ),
            CheckConstraint(
                check="required > 0 AND units_per_item > 0 AND canceled >= 0 AND unallocated >= 0 AND waiting >= 0"
                " AND allocated >= 0 AND picked >= 0 AND packed >= 0 AND shipped >= 0",
                name="requirements_counters_not_negative",
            ),
            CheckConstraint(
                check="delivered >= 0 AND lost >= 0 AND returned >= 0 AND delivered + lost <= shipped"
                " AND returned <= shipped",
                name="requirements_parts_of_shipped",
            ),
        ]


class ChargeRow(Row):
    """What is owed besides the items: shipping, fees, adjustments. Not spread into items."""

    order: Any = reference("OrderRow", "The order it belongs to.", index=False)
    order_id: UUID
    position = fields.IntField(description="Its place among the order's charges, from 1.")
    kind: Any = fields.CharEnumField(ChargeKind, max_length=12, description="What it is for.")
    title = fields.CharField(max_length=200, description="What it is called on the invoice.")
    currency = fields.CharField(max_length=3, description="The order's currency.")
    net_minor = fields.BigIntField(description="Without tax; negative for a reduction.")
    tax_minor = fields.BigIntField(default=0, description="The tax in it.")
    gross_minor = fields.BigIntField(description="With tax; negative for a reduction.")

    class Meta:
        table = "charges"
        indexes = [Index(fields=("order_id", "position"))]
        constraints = [CheckConstraint(check="gross_minor = net_minor + tax_minor", name="charges_gross_adds_up")]


class OrderAddressRow(Row):
    """Where an order goes, or who is billed: personal data, kept apart so that erasure finds it."""

    order: Any = reference("OrderRow", "The order it belongs to.", index=False)
    order_id: UUID
    kind: Any = fields.CharEnumField(AddressKind, max_length=10, description="What it is for.")
    name = fields.CharField(max_length=160, description="Whom to ask for.")
    company = fields.CharField(max_length=160, null=True, description="The company, if any.")
    street = fields.CharField(max_length=200, description="Street and number.")
    street_extra = fields.CharField(max_length=200, null=True, description="Floor, door, care of.")
    postal_code = fields.CharField(max_length=20, description="Postal code, as the country writes it.")
    city = fields.CharField(max_length=100, description="City.")
    region = fields.CharField(max_length=100, null=True, description="State or province.")
    country_code = fields.CharField(max_length=2, description="ISO 3166-1 alpha-2.")
    phone = fields.CharField(max_length=40, null=True, description="For the carrier.")

    class Meta:
        table = "order_addresses"
        constraints = [UniqueConstraint(fields=("order_id", "kind"), name="order_addresses_order_kind")]


class HoldRow(Row):
    """A reason not to proceed yet. Open until it is released; never gives allocated stock back."""

    order: Any = reference("OrderRow", "The order that waits.")
    order_id: UUID
    kind: Any = fields.CharEnumField(HoldKind, max_length=20, description="What sort of reason it is.")
    reason = fields.CharField(max_length=300, description="Why, in words.")
    placed_by = fields.CharField(max_length=80, description="Who placed it.")
    placed_at = fields.DatetimeField(description="When it was placed.")
    released_by = fields.CharField(max_length=80, null=True, description="Who released it.")
    released_at = fields.DatetimeField(null=True, description="When it was released.")

    class Meta:
        table = "holds"

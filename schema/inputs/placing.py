"""What placing an order is given."""

from collections.abc import Iterator
from datetime import datetime

import strawberry

from domain.flows.placement import (
    Component,
    NamedCurrency,
    PlaceAddress,
    PlaceCharge,
    PlaceCustomer,
    PlaceLine,
    PlaceOrder,
)
from domain.orders.models import AddressKind, ChargeKind
from schema.inputs.intentions import Intention, MoneyInput, dry_run, local_id


@strawberry.input(description="A SKU that each sold unit of a bundle needs.")
class ComponentInput:
    """A part of a bundle."""

    sku: str = strawberry.field(description="What is needed.")
    units: int = strawberry.field(description="How many of it for one sold unit.")


@strawberry.input(description="What is bought.")
class OrderLineInput:
    """One line of an order."""

    sku: str = strawberry.field(description="What is sold.")
    quantity: int = strawberry.field(description="How many units.")
    unit_price: MoneyInput | None = strawberry.field(
        default=None, description="For one unit, tax included. Without it: the channel's price. For staff."
    )
    discount: MoneyInput | None = strawberry.field(default=None, description="Off the whole line. For staff.")
    tax: MoneyInput | None = strawberry.field(default=None, description="The tax within the line. For staff.")
    components: list[ComponentInput] = strawberry.field(
        default_factory=list,
        description="What is shipped in place of the SKU itself. Without it, a bundle is sent as the catalog says. For "
        "staff.",
    )
    accepts_substitutes: bool = strawberry.field(
        default=False,
        description="Whether one of the variant's substitutes may be sent where the SKU cannot be promised in full. "
        "The line stays what was bought.",
    )

    def amounts(self, n: int) -> Iterator[tuple[tuple[str, ...], MoneyInput]]:
        """Its amounts, each with its field."""
        for name, given in (("unitPrice", self.unit_price), ("discount", self.discount), ("tax", self.tax)):
            if given is not None:
                yield ("lines", str(n), name), given

    def line(self, n: int) -> PlaceLine:
        """The line for the domain; `n` is its place, from 0."""
        minor = {path[-1]: given.minor(*path) for path, given in self.amounts(n)}
        return PlaceLine(
            sku=self.sku,
            quantity=self.quantity,
            unit_price_minor=minor.get("unitPrice"),
            discount_minor=minor.get("discount", 0),
            tax_minor=minor.get("tax", 0),
            components=tuple(Component(each.sku, each.units) for each in self.components),
            accepts_substitutes=self.accepts_substitutes,
        )


@strawberry.input(description="What is owed besides the items.")
class OrderChargeInput:
    """Shipping, a fee or an adjustment."""

    kind: ChargeKind = strawberry.field(description="What it is for.")
    title: str = strawberry.field(description="What it is called.")
    amount: MoneyInput = strawberry.field(description="Tax included; negative for a reduction.")
    tax: MoneyInput | None = strawberry.field(default=None, description="The tax within it.")

    def amounts(self, n: int) -> Iterator[tuple[tuple[str, ...], MoneyInput]]:
        """Its amounts, each with its field."""
        yield ("charges", str(n), "amount"), self.amount
        if self.tax is not None:
            yield ("charges", str(n), "tax"), self.tax

    def charge(self, n: int) -> PlaceCharge:
        """The charge for the domain; `n` is its place, from 0."""
        minor = {path[-1]: given.minor(*path) for path, given in self.amounts(n)}
        return PlaceCharge(self.kind, self.title, minor["amount"], minor.get("tax", 0))


@strawberry.input(description="Where an order goes, or who is billed.")
class OrderAddressInput:
    """An address of an order."""

    kind: AddressKind = strawberry.field(description="What it is for; one of each kind.")
    name: str = strawberry.field(description="Who lives there.")
    company: str | None = strawberry.field(default=None, description="Their company.")
    street: str = strawberry.field(description="Street and number.")
    street_extra: str | None = strawberry.field(default=None, description="Floor, building, care of.")
    postal_code: str = strawberry.field(description="The postal code.")
    city: str = strawberry.field(description="The city.")
    region: str | None = strawberry.field(default=None, description="State or province.")
    country_code: str = strawberry.field(description="ISO 3166-1 alpha-2, such as `DE`.")
    phone: str | None = strawberry.field(default=None, description="For the carrier.")

    def address(self) -> PlaceAddress:
        """The address for the domain."""
        return PlaceAddress(**vars(self))


@strawberry.input(description="Who buys: a customer we know by id, or one we know or meet by e-mail address.")
class OrderCustomerInput:
    """The buyer of an order."""

    id: strawberry.ID | None = strawberry.field(default=None, description="A customer's global id.")
    email: str | None = strawberry.field(default=None, description="Their e-mail address, when there is no id.")
    name: str | None = strawberry.field(default=None, description="Their name, when we meet them.")
    phone: str | None = strawberry.field(default=None, description="Their phone number, when we meet them.")

    def customer(self) -> PlaceCustomer:
        """The customer for the domain."""
        known = None if self.id is None else local_id("customer", self.id, "customer", "id")
        return PlaceCustomer(known, self.email, self.name or "", self.phone)


@strawberry.input(description="An order as its channel gives it to us.")
class OrderPlaceInput(Intention):
    """What `orderPlace` is given."""

    channel: str = strawberry.field(description="The channel's code, such as `web-de`.")
    lines: list[OrderLineInput] = strawberry.field(description="What is bought, 1 to 2,000 lines.")
    customer: OrderCustomerInput | None = strawberry.field(
        default=None, description="Who buys. A customer who asks buys for themselves."
    )
    currency: str | None = strawberry.field(default=None, description="Refused when it is not the channel's.")
    charges: list[OrderChargeInput] = strawberry.field(
        default_factory=list, description="Shipping, fees and adjustments. For staff."
    )
    addresses: list[OrderAddressInput] = strawberry.field(
        default_factory=list, description="Where it goes, and who is billed."
    )
    shipping_method: str | None = strawberry.field(default=None, description="How the buyer wants it sent.")
    external_reference: str | None = strawberry.field(
        default=None, description="The channel's own name for it, unique in the channel. For staff."
    )
    payment_method: str = strawberry.field(default="manual", description="How it will be paid.")
    note: str | None = strawberry.field(default=None, description="What the buyer wrote.")
    placed_at: datetime | None = strawberry.field(
        default=None, description="When the buyer placed it; now when it is not said. For staff."
    )
    is_confirmed: bool = strawberry.field(
        default=True,
        description="Whether its locations may begin at once. Otherwise it is PENDING, and expires after three days.",
    )
    reservation: strawberry.ID | None = strawberry.field(
        default=None,
        description="The reservation of its basket: the order takes its units first, and what it does not need of them "
        "is free again. Refused as `ReservationOver` once its time is over.",
    )
    dry_run: bool = dry_run()

    def request(self) -> PlaceOrder:
        """What `place_order` is asked."""
        given = [pair for n, each in enumerate(self.lines) for pair in each.amounts(n)]
        given += [pair for n, charge in enumerate(self.charges) for pair in charge.amounts(n)]
        return PlaceOrder(
            channel=self.channel,
            lines=tuple(each.line(n) for n, each in enumerate(self.lines)),
            customer=self.customer.customer() if self.customer else None,
            currency=self.currency,
            charges=tuple(each.charge(n) for n, each in enumerate(self.charges)),
            addresses=tuple(each.address() for each in self.addresses),
            shipping_method=self.shipping_method,
            external_reference=self.external_reference,
            payment_method=self.payment_method,
            note=self.note,
            placed_at=self.placed_at,
            is_confirmed=self.is_confirmed,
            currencies=tuple(NamedCurrency((*path, "currency"), amount.currency) for path, amount in given),
            reservation_id=None
            if self.reservation is None
            else local_id("reservation", self.reservation, "reservation"),
        )

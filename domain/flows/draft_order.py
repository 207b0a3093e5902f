"""From a request to the rows of one order, priced and checked against the listing; nothing is written here."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.allocation.decisions import Plan
from domain.backorders.models import BackorderRow
from domain.catalog.errors import NotPriced, UnknownSku
from domain.catalog.queries import Offer, Part
from domain.channels.decisions import Sight
from domain.channels.queries import OpenChannel
from domain.flows.give_uncounted import is_given_at_confirmation
from domain.flows.listing import Listing, customer_of
from domain.flows.placement import PlaceLine, PlaceOrder
from domain.kernel.actor import Actor, Permission
from domain.kernel.errors import DomainError, InvalidInput, NotFound, Refusals
from domain.kernel.ids import new_id
from domain.kernel.money import LARGEST_MINOR
from domain.kernel.numbers import new_number
from domain.kernel.quantities import MOST_UNITS
from domain.kernel.unit_of_work import Asked
from domain.orders.decisions import fulfillment_status, price_line, spread_over_requirements
from domain.orders.errors import WrongCurrency
from domain.orders.lifecycle import ORDER, FulfillmentStatus, OrderAction, OrderFacts, OrderStatus
from domain.orders.models import ChargeRow, OrderAddressRow, OrderLineRow, OrderRow, RequirementRow
from domain.orders.service import units_of
from domain.payments.lifecycle import PaymentStatus
from domain.payments.models import PaymentRow

MOST_PARTS = 10_000
NOTHING_YET = FulfillmentStatus.UNFULFILLED


@dataclass
class Draft:
    """One order, ready to be written once stock has been promised."""

    order: OrderRow
    lines: list[OrderLineRow]
    requirements: list[RequirementRow]
    charges: list[ChargeRow]
    addresses: list[OrderAddressRow]
    payment: PaymentRow | None
    sight: Sight
    # What each requirement is for, and those in whose place a substitute may be sent.
    needed: dict[UUID, Offer] = field(default_factory=dict)
    replaceable: list[RequirementRow] = field(default_factory=list)
    plan: Plan = field(default_factory=lambda: Plan((), {}))
    waiting: list[BackorderRow] = field(default_factory=list)

    @property
    def is_confirmed(self) -> bool:
        """Whether its locations may begin at once."""
        return self.order.status in (OrderStatus.CONFIRMED, OrderStatus.COMPLETED)

    @property
    def stocked(self) -> list[RequirementRow]:
        """The requirements that a location must set units aside for."""
        return [each for each in self.requirements if each.is_stocked]

    @property
    def demand(self) -> dict[str, int]:
        """Units per SKU, the lines of one SKU added up first."""
        total: Counter[str] = Counter()
        for each in self.stocked:
            total[each.sku] += each.required
        return dict(total)

    def line_of(self, sku: str) -> OrderLineRow:
        """The first line that needs the SKU."""
        line_id = next(each.line_id for each in self.requirements if each.sku == sku)
        return next(line for line in self.lines if line.id == line_id)

    def replace(self, requirement: RequirementRow, offer: Offer) -> None:
        """Send this in the requirement's place. The line stays what was bought."""
        requirement.variant_id, requirement.sku = offer.variant_id, offer.sku
        self.needed[requirement.id] = offer


def draft_order(asked: Asked[PlaceOrder], now: datetime, listing: Listing) -> Draft:
    """The rows of the order. Raises the refusals of all its fields together."""
    actor, request = asked.actor, asked.request
    channel = listing.channels.get(request.channel)
    if channel is None:
        raise NotFound("channel", f'"{request.channel[:40]}"', path=("channel",))
    if request.currency not in (None, channel.currency):
        raise WrongCurrency(channel.currency, str(request.currency)[:3], path=("currency",))
    for each in request.currencies:
        if each.currency != channel.currency:
            raise WrongCurrency(channel.currency, each.currency[:3], path=each.path)
    _check_authority(actor, request)
    _check_size(request, listing)
    listing.check_reference(channel.id, request)
    order = _order(asked.id, now, request, channel)
    order.customer_id = customer_of(actor, now, request.customer, listing)
    draft = Draft(order, [], [], _charges(order, request), _addresses(order, request), None, channel.sight)
    faults: list[DomainError] = []
    for n, line in enumerate(request.lines):
        try:
            _add_line(draft, n, line, channel, listing)
        except DomainError as fault:
            faults.append(fault)
    if faults:
        raise faults[0] if len(faults) == 1 else Refusals(faults)
    for sku, units in draft.demand.items():
        if units > MOST_UNITS:
            raise InvalidInput(
                f"An order needs at most {MOST_UNITS:,} units of a SKU, not {units:,} of {sku}.", path=("lines",)
            )
    if draft.is_confirmed:
        _give_uncounted(draft)
    _add_up(draft, request, now)
    return draft


def _check_authority(actor: Actor, request: PlaceOrder) -> None:
    """Prices, charges, dates and bundles of their own making are for staff and channels; buyers take the list's."""
    own = any(line.unit_price_minor is not None or line.discount_minor or line.tax_minor for line in request.lines)
    bundled = any(line.components for line in request.lines)
    if own or bundled or request.charges or request.placed_at or request.external_reference:
        actor.require(Permission.MANAGE_ORDERS)


def _check_size(request: PlaceOrder, listing: Listing) -> None:
    """Bundles multiply what the lines need: no order is larger than is written in a moment."""
    sent = 0
    for line in request.lines:
        offer = listing.offers.get(line.sku)
        sent += len(line.components or (offer.parts if offer else ())) or 1
    if sent > MOST_PARTS:
        said = f"The lines of an order are sent as at most {MOST_PARTS:,} parts, not {sent:,}."
        raise InvalidInput(said, path=("lines",))


def _order(order_id: UUID, now: datetime, request: PlaceOrder, channel: OpenChannel) -> OrderRow:
    facts = OrderFacts(is_on_hold=False, fulfillment_status=NOTHING_YET)
    status = ORDER.step(OrderAction.SUBMIT, OrderStatus.DRAFT, facts)
    if request.is_confirmed:
        status = ORDER.step(OrderAction.CONFIRM, status, facts)
    if request.placed_at is not None and request.placed_at > now:
        raise InvalidInput("An order cannot have been placed in the future.", path=("placedAt",))
    return OrderRow(
        id=order_id,
        number=new_number(),
        channel_id=channel.id,
        external_reference=request.external_reference,
        origin=request.origin,
        status=status,
        currency=channel.currency,
        shipping_method=request.shipping_method,
        note=request.note,
        placed_at=request.placed_at or now,
        recorded_at=now,
        updated_at=now,
    )


def _add_line(draft: Draft, n: int, line: PlaceLine, channel: OpenChannel, listing: Listing) -> None:
    path = ("lines", str(n))
    offer = _offer(line.sku, listing, (*path, "sku"))
    price_minor = line.unit_price_minor
    if price_minor is None:
        price_minor = offer.prices.get(channel.id)
        if price_minor is None:
            raise NotPriced(offer.sku, channel.code, path=(*path, "sku"))
    amounts = price_line(line.quantity, price_minor, line.discount_minor, line.tax_minor, path=path)
    row = OrderLineRow(
        id=new_id(),
        order_id=draft.order.id,
        position=n + 1,
        variant_id=offer.variant_id,
        sku=offer.sku,
        title=offer.title,
        quantity=line.quantity,
        currency=channel.currency,
        **vars(amounts),
    )
    draft.lines.append(row)
    parts = _parts(line, offer, listing, path)
    shares = spread_over_requirements(amounts.gross_minor, [part.units for part in parts])
    for part, share in zip(parts, shares, strict=True):
        needed = _requirement(draft, row, part, share)
        draft.requirements.append(needed)
        draft.needed[needed.id] = part.offer
        if line.accepts_substitutes and needed.is_stocked:
            draft.replaceable.append(needed)


def _parts(line: PlaceLine, offer: Offer, listing: Listing, path: tuple[str, ...]) -> list[Part]:
    """What is sent for one unit sold: what the caller says, else what the catalog says of a bundle, else the thing."""
    if not line.components:
        return offer.parts or [Part(offer, 1)]
    given = [Part(_offer(each.sku, listing, (*path, "components")), each.units) for each in line.components]
    for n, part in enumerate(given):
        if part.offer.parts:
            said = f"{part.offer.sku} is a bundle itself: name its components instead."
            raise InvalidInput(said, path=(*path, "components", str(n), "sku"))
    return given


def _offer(sku: str, listing: Listing, path: tuple[str, ...]) -> Offer:
    offer = listing.offers.get(sku)
    if offer is None:
        raise UnknownSku(sku, path=path)
    return offer


def _requirement(draft: Draft, line: OrderLineRow, part: Part, gross_minor: int) -> RequirementRow:
    offer, required = part.offer, line.quantity * part.units
    if required > MOST_UNITS:
        raise InvalidInput(f"A line needs at most {MOST_UNITS:,} units.", path=("lines", str(line.position - 1)))
    row = RequirementRow(
        id=new_id(),
        order_id=draft.order.id,
        line_id=line.id,
        variant_id=offer.variant_id,
        sku=offer.sku,
        units_per_item=part.units,
        is_stocked=offer.is_stock_tracked,
        required=required,
        currency=line.currency,
        gross_minor=gross_minor,
    )
    if row.is_stocked:
        row.allocated = required
    else:
        row.unallocated = required
    return row


def _give_uncounted(draft: Draft) -> None:
    """What a confirmed order waits for nothing to get: downloads, and services where there are no goods."""
    for each in draft.requirements:
        kind = draft.needed[each.id].kind
        if not each.is_stocked and is_given_at_confirmation(kind, has_goods=bool(draft.stocked)):
            each.shipped, each.delivered, each.unallocated = each.required, each.required, 0


def _charges(order: OrderRow, request: PlaceOrder) -> list[ChargeRow]:
    return [
        ChargeRow(
            id=new_id(),
            order_id=order.id,
            position=n,
            kind=charge.kind,
            title=charge.title[:200],
            currency=order.currency,
            net_minor=charge.gross_minor - charge.tax_minor,
            tax_minor=charge.tax_minor,
            gross_minor=charge.gross_minor,
        )
        for n, charge in enumerate(request.charges, 1)
    ]


def _addresses(order: OrderRow, request: PlaceOrder) -> list[OrderAddressRow]:
    return [OrderAddressRow(id=new_id(), order_id=order.id, **vars(address)) for address in request.addresses]


def _add_up(draft: Draft, request: PlaceOrder, now: datetime) -> None:
    order = draft.order
    order.subtotal_minor = sum(line.gross_minor for line in draft.lines)
    order.charges_minor = sum(charge.gross_minor for charge in draft.charges)
    order.discount_minor = sum(line.discount_minor for line in draft.lines)
    order.tax_minor = sum(line.tax_minor for line in draft.lines) + sum(each.tax_minor for each in draft.charges)
    order.total_minor = order.subtotal_minor + order.charges_minor
    if not 0 <= order.total_minor <= LARGEST_MINOR:
        raise InvalidInput("An order's total is not negative and below 10^15 minor units.", path=("charges",))
    units = units_of(draft.requirements)
    order.fulfillment_status = fulfillment_status(units, work_began=False)
    if draft.is_confirmed and not units.has_open_work:
        order.status = ORDER.step(OrderAction.COMPLETE, order.status, order.facts(is_on_hold=False))
        order.completed_at = now
    if order.total_minor:
        draft.payment = PaymentRow(
            id=new_id(),
            order_id=order.id,
            method=request.payment_method[:40],
            status=PaymentStatus.PENDING,
            currency=order.currency,
            expected_minor=order.total_minor,
            created_at=now,
        )

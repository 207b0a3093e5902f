"""Open orders out of files: each goes through the same flow as any other new order."""

from dataclasses import dataclass
from uuid import UUID

from domain.channels.models import ChannelRow
from domain.customers.models import CustomerRow
from domain.flows.import_orders import shape, shapes
from domain.flows.imported import ImportedOrder, ImportResult
from domain.flows.place_orders import place_all
from domain.flows.placement import PlaceAddress, PlaceCharge, PlaceCustomer, PlaceLine, PlaceOrder
from domain.kernel.actor import SYSTEM
from domain.kernel.errors import DomainError
from domain.kernel.runner import Runner
from domain.orders.errors import ExternalReferenceTaken
from domain.orders.models import AddressKind, OrderOrigin
from server.importing.faults import Fault, ImportRefused
from server.importing.landing import DIFFERS, Verdict
from server.importing.mapping import ChannelMapping

CREDIT_NOTE = Fault("CREDIT_NOTE", "", "A credit note is history: it cannot be placed as an open order.")
UNKNOWN_CUSTOMER = Fault("UNKNOWN_CUSTOMER", "", "Nobody has this customer id yet, and there is no e-mail address.")
FRACTION = Fault("PRICE_FRACTION", "", "An open order needs unit prices in whole minor units.")


@dataclass
class OpenLander:
    """Places orders; units are set aside and work is given out."""

    runner: Runner
    channel_id: UUID
    channel: str
    dry_run: bool
    orders_at_once: int = 64
    rows_at_once: int = 1_000

    @classmethod
    async def open(cls, runner: Runner, channel: ChannelMapping, dry_run: bool) -> "OpenLander":
        """For a channel that is there and sells. Raises ImportRefused otherwise."""
        row = await ChannelRow.get_or_none(code=channel.code, is_active=True)
        if row is None:
            raise ImportRefused(f"There is no active channel {channel.code}: open orders need one, with prices.")
        if row.currency != channel.currency:
            raise ImportRefused(f"The channel {channel.code} sells in {row.currency}, not in {channel.currency}.")
        return cls(runner, row.id, row.code, dry_run)

    async def land(self, orders: list[ImportedOrder]) -> list[Verdict]:
        """What became of each; a refused order leaves no trace."""
        known = await shapes(self.channel_id, [order.reference for order in orders])
        customers = await _customers(orders)
        verdicts: dict[int, Verdict] = {}
        requests: dict[int, PlaceOrder] = {}
        for n, order in enumerate(orders):
            if order.reference in known:
                same = known[order.reference] == shape(order)
                verdicts[n] = ImportResult.ALREADY_THERE if same else DIFFERS
                continue
            request = _request(order, self.channel, customers)
            if isinstance(request, Fault):
                verdicts[n] = request
            else:
                known[order.reference] = shape(order)
                requests[n] = request
        if requests:
            outcome = await self.runner.run(place_all, SYSTEM, tuple(requests.values()), dry_run=self.dry_run)
            verdicts |= dict(zip(requests, map(_verdict, outcome.value), strict=True))
        return [verdicts[n] for n in range(len(orders))]


def _verdict(outcome: UUID | DomainError) -> Verdict:
    if isinstance(outcome, UUID):
        return ImportResult.IMPORTED
    if isinstance(outcome, ExternalReferenceTaken):  # by another import, a moment ago
        return ImportResult.ALREADY_THERE
    return Fault(outcome.code, ".".join(outcome.path), outcome.message)


async def _customers(orders: list[ImportedOrder]) -> dict[str, UUID]:
    references = {order.customer.reference for order in orders if order.customer and order.customer.reference}
    if not references:
        return {}
    found = CustomerRow.filter(external_reference__in=sorted(references))
    return dict(await found.values_list("external_reference", "id"))


def _request(order: ImportedOrder, channel: str, customers: dict[str, UUID]) -> PlaceOrder | Fault:
    if order.returned:
        return CREDIT_NOTE
    if any(line.quantity * line.unit_price_minor - line.discount_minor != line.gross_minor for line in order.lines):
        return FRACTION
    customer = None
    if order.customer:
        customer = PlaceCustomer(
            id=customers.get(order.customer.reference or ""), email=order.customer.email, name=order.customer.name
        )
        if customer.id is None and customer.email is None:
            return UNKNOWN_CUSTOMER
    return PlaceOrder(
        channel=channel,
        lines=tuple(
            PlaceLine(line.sku, line.quantity, line.unit_price_minor, line.discount_minor, line.tax_minor)
            for line in order.lines
        ),
        customer=customer,
        currency=order.currency,
        charges=tuple(PlaceCharge(each.kind, each.title, each.gross_minor) for each in order.charges),
        addresses=_addresses(order),
        shipping_method=order.shipping_method,
        external_reference=order.reference,
        payment_method=order.payments[0].method if order.payments else "manual",
        note=order.note,
        placed_at=order.placed_at,
        origin=OrderOrigin.IMPORTED_OPEN,
    )


def _addresses(order: ImportedOrder) -> tuple[PlaceAddress, ...]:
    address = order.address
    if address is None:
        return ()
    return (
        PlaceAddress(
            kind=AddressKind.SHIPPING,
            name=address.name,
            street=address.street,
            postal_code=address.postal_code,
            city=address.city,
            country_code=address.country_code,
            street_extra=address.street_extra,
            region=address.region,
        ),
    )

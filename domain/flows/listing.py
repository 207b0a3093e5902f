"""What placing orders looks up, for all orders at once: channels, variants, prices, customers, names already taken."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from domain.catalog.models import PriceRow, VariantRow
from domain.channels.models import ChannelRow
from domain.customers.decisions import normal_email
from domain.customers.models import CustomerRow
from domain.flows.placement import PlaceCustomer, PlaceOrder
from domain.kernel.actor import Actor, ActorKind, Permission
from domain.kernel.errors import InvalidInput, NotFound, PermissionDenied
from domain.kernel.ids import new_id
from domain.kernel.unit_of_work import Asked
from domain.orders.errors import ExternalReferenceTaken
from domain.orders.models import OrderRow

LONGEST_CODE = 40


@dataclass
class Listing:
    """Everything by the name that requests use for it. Customers met for the first time wait in `met`."""

    channels: dict[str, ChannelRow]
    variants: dict[str, VariantRow]
    prices: dict[tuple[UUID, UUID], PriceRow]
    customers: dict[UUID | str, CustomerRow]
    references: set[tuple[UUID, str]]
    met: dict[UUID, CustomerRow]

    def check_reference(self, channel_id: UUID, request: PlaceOrder) -> None:
        """Raises ExternalReferenceTaken when the channel has an order by the request's external reference."""
        if request.external_reference and (channel_id, request.external_reference) in self.references:
            raise ExternalReferenceTaken(request.channel, request.external_reference)

    def new_customers(self, buyers: Mapping[UUID, PlaceCustomer]) -> list[CustomerRow]:
        """Those who were met for the first time, as `buyers`, whose orders are taken, name themselves."""
        rows = [row for row in self.met.values() if row.id in buyers]
        for row in rows:
            row.name, row.phone = buyers[row.id].name, buyers[row.id].phone
        return rows


async def load_listing(asked: Sequence[Asked[PlaceOrder]]) -> Listing:
    """Look everything up in one statement a kind."""
    requests = [each.request for each in asked]
    skus = {line.sku for each in requests for line in each.lines} | {
        part.sku for each in requests for line in each.lines for part in line.components
    }
    codes = {each.channel for each in requests if len(each.channel) <= LONGEST_CODE}
    channels = {row.code: row for row in await ChannelRow.filter(code__in=codes, is_active=True)}
    variants = {row.sku: row for row in await VariantRow.filter(sku__in=skus, is_active=True)}
    priced = PriceRow.filter(
        variant_id__in=[row.id for row in variants.values()], channel_id__in=[row.id for row in channels.values()]
    )
    named = [each.external_reference for each in requests if each.external_reference]
    taken = OrderRow.filter(external_reference__in=named) if named else OrderRow.filter(id__isnull=True)
    return Listing(
        channels,
        variants,
        {(row.variant_id, row.channel_id): row for row in await priced},
        await _customers(asked),
        set(await taken.values_list("channel_id", "external_reference")) if named else set(),
        {},
    )


async def _customers(asked: Sequence[Asked[PlaceOrder]]) -> dict[UUID | str, CustomerRow]:
    named = [each.request.customer for each in asked if each.request.customer]
    own = {each.actor.scope.customer_id for each in asked} - {None}
    ids, emails = {each.id for each in named if each.id} | own, set(_normal_emails(named))
    found: dict[UUID | str, CustomerRow] = {}
    if ids:
        found |= {row.id: row for row in await CustomerRow.filter(id__in=ids)}
    if emails:
        found |= {row.email or "": row for row in await CustomerRow.filter(email__in=emails)}
    return found


def customer_of(tx_actor: Actor, now: object, asked: PlaceCustomer | None, listing: Listing) -> CustomerRow | None:
    """Who buys: a customer for themselves; staff for anyone, known or new; nobody when it is not said.

    Raises NotFound for an unknown id, InvalidInput for what is no e-mail address, PermissionDenied for another's name.
    """
    own = tx_actor.scope.customer_id
    if tx_actor.scope.actor_kind is ActorKind.CUSTOMER:
        if asked and asked.id not in (None, own):
            raise PermissionDenied(Permission.MANAGE_ORDERS)
        return _known(own, listing)
    if asked is None:
        return None
    if asked.id is not None:
        return _known(asked.id, listing)
    return _met(asked, now, listing)


def _known(customer_id: UUID | None, listing: Listing) -> CustomerRow:
    assert customer_id is not None
    row = listing.customers.get(customer_id)
    if row is None:
        raise NotFound("customer", f"customer_{customer_id.hex}", path=("customer", "id"))
    return row


def _met(asked: PlaceCustomer, now: object, listing: Listing) -> CustomerRow:
    if asked.email is None:
        raise InvalidInput("Name the customer by id or by e-mail address.", path=("customer", "email"))
    email = normal_email(asked.email, path=("customer", "email"))
    if len(asked.name) > 160 or len(asked.phone or "") > 40:
        raise InvalidInput("A name has at most 160, a phone number at most 40 characters.", path=("customer", "name"))
    if email not in listing.customers:
        row = CustomerRow(id=new_id(), email=email, name=asked.name, phone=asked.phone, created_at=now)
        listing.customers[email] = listing.met[row.id] = row
    return listing.customers[email]


def _normal_emails(asked: Iterable[PlaceCustomer]) -> Iterator[str]:
    """The addresses that are some; the others are refused with their order."""
    for each in asked:
        if each.email:
            with suppress(InvalidInput):
                yield normal_email(each.email)

"""What placing orders looks up, for all orders at once: channels, variants, prices, customers, names already taken."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.catalog.queries import Offer, offers
from domain.channels.queries import OpenChannel, open_channels
from domain.customers.decisions import normal_email
from domain.customers.models import CustomerRow
from domain.customers.queries import known_customers
from domain.flows.placement import PlaceCustomer, PlaceLine, PlaceOrder
from domain.kernel.actor import Actor, ActorKind, Permission
from domain.kernel.errors import InvalidInput, NotFound, PermissionDenied
from domain.kernel.ids import new_id
from domain.kernel.lookups import Found, LookUp, look_up_together
from domain.kernel.unit_of_work import Asked
from domain.orders.errors import ExternalReferenceTaken

LONGEST_CODE = 40


@dataclass
class Listing:
    """Everything by the name that requests use for it. Customers met for the first time wait in `met`."""

    channels: dict[str, OpenChannel]
    offers: dict[str, Offer]
    customers: dict[UUID | str, UUID]
    emails: dict[str, str]
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
    """Look everything up, in one statement."""
    requests = [each.request for each in asked]
    lines = [line for each in requests for line in each.lines]
    replaceable = [line for line in lines if line.accepts_substitutes]
    codes = {each.channel for each in requests if len(each.channel) <= LONGEST_CODE}
    named = [each.external_reference for each in requests if each.external_reference]
    buyers = [each.request.customer for each in asked if each.request.customer]
    own = {each.actor.scope.customer_id for each in asked if each.actor.scope.customer_id}
    emails = _normal_emails(buyers)
    channels, on_sale, customers, references = await look_up_together(
        open_channels(codes),
        offers(_skus(lines), codes, _skus(replaceable)),
        known_customers({each.id for each in buyers if each.id} | own, set(emails.values())),
        _taken(named),
    )
    return Listing(channels, on_sale, customers, emails, references, {})


def _skus(lines: Iterable[PlaceLine]) -> set[str]:
    """What the lines name: what is sold, and the components that came with it."""
    return {sku for line in lines for sku in (line.sku, *(part.sku for part in line.components))}


def _taken(references: Sequence[str]) -> LookUp[set[tuple[UUID, str]]]:
    sql = "SELECT channel_id, external_reference FROM orders WHERE external_reference {0}"
    return LookUp(sql, (references,), _names)


def _names(rows: list[Found]) -> set[tuple[UUID, str]]:
    return {(row["channel_id"], row["external_reference"]) for row in rows}


def customer_of(actor: Actor, now: datetime, asked: PlaceCustomer | None, listing: Listing) -> UUID | None:
    """Who buys: a customer for themselves; staff for anyone, known or new; nobody when it is not said.

    Raises NotFound for an unknown id, InvalidInput for what is no e-mail address, PermissionDenied for another's name.
    """
    own = actor.scope.customer_id
    if actor.scope.actor_kind is ActorKind.CUSTOMER:
        if asked and asked.id not in (None, own):
            raise PermissionDenied(Permission.MANAGE_ORDERS)
        return _known(own, listing)
    if asked is None:
        return None
    if asked.id is not None:
        return _known(asked.id, listing)
    return _met(asked, now, listing)


def _known(customer_id: UUID | None, listing: Listing) -> UUID:
    assert customer_id is not None
    if customer_id not in listing.customers:
        raise NotFound("customer", f"customer_{customer_id.hex}", path=("customer", "id"))
    return customer_id


def _met(asked: PlaceCustomer, now: datetime, listing: Listing) -> UUID:
    if asked.email is None:
        raise InvalidInput("Name the customer by id or by e-mail address.", path=("customer", "email"))
    email = listing.emails.get(asked.email) or normal_email(asked.email, path=("customer", "email"))
    if len(asked.name) > 160 or len(asked.phone or "") > 40:
        raise InvalidInput("A name has at most 160, a phone number at most 40 characters.", path=("customer", "name"))
    if email not in listing.customers:
        row = CustomerRow(id=new_id(), email=email, name=asked.name, phone=asked.phone, created_at=now)
        listing.customers[email], listing.met[row.id] = row.id, row
    return listing.customers[email]


def _normal_emails(asked: Iterable[PlaceCustomer]) -> dict[str, str]:
    """The addresses that are some, in their normal form; the others are refused with their order."""
    found: dict[str, str] = {}
    for each in asked:
        if each.email:
            with suppress(InvalidInput):
                found[each.email] = normal_email(each.email)
    return found

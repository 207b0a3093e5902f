"""What a shop is made of, as it is entered."""

import strawberry

from domain.catalog.models import VariantKind
from domain.flows.keep_catalog import CreateChannel, CreateLocation, CreateProduct, NewPrice, NewVariant
from domain.locations.models import LocationKind
from schema.inputs.intentions import Intention, MoneyInput


@strawberry.input(description="A sales channel.")
class ChannelCreateInput(Intention):
    """What `channelCreate` is given."""

    code: str = strawberry.field(description="Its short name, such as `web-de`.")
    name: str = strawberry.field(description="Its name for people.")
    currency: str = strawberry.field(description="The ISO 4217 currency it sells in.")
    legal_entity: str = strawberry.field(description="The company that sells there.")
    time_zone: str = strawberry.field(description="Its IANA time zone.")

    def request(self) -> CreateChannel:
        """What `create_channel` is asked."""
        return CreateChannel(self.code, self.name, self.currency, self.legal_entity, self.time_zone)


@strawberry.input(description="A place that holds and ships stock.")
class LocationCreateInput(Intention):
    """What `locationCreate` is given."""

    code: str = strawberry.field(description="Its short name, such as `ber-1`.")
    name: str = strawberry.field(description="Its name for people.")
    kind: LocationKind = strawberry.field(description="What sort of place it is.")
    legal_entity: str = strawberry.field(description="The company that runs it.")
    time_zone: str = strawberry.field(description="Its IANA time zone.")
    country_code: str = strawberry.field(description="ISO 3166-1 alpha-2, such as `DE`.")
    postal_code: str = strawberry.field(description="Its postal code.")
    city: str = strawberry.field(description="Its city.")
    street: str = strawberry.field(description="Street and number.")
    priority: int = strawberry.field(default=100, description="Lower is asked first for stock, 0 to 10,000.")

    def request(self) -> CreateLocation:
        """What `create_location` is asked."""
        given = {name: value for name, value in vars(self).items() if name != "idempotency_key"}
        return CreateLocation(**given)


@strawberry.input(description="What one unit costs in a channel, tax included.")
class PriceInput:
    """A price of a variant."""

    channel: str = strawberry.field(description="The channel's code, such as `web-de`.")
    amount: MoneyInput = strawberry.field(description="In the channel's currency.")


@strawberry.input(description="A sellable unit.")
class VariantInput:
    """A variant of a product."""

    sku: str = strawberry.field(description="Its name in every document, unique.")
    title: str = strawberry.field(description="What tells it from the product's other variants.")
    kind: VariantKind = strawberry.field(
        default=VariantKind.PHYSICAL, description="How it reaches its buyer. Physical units are counted."
    )
    weight_grams: int | None = strawberry.field(default=None, description="Of one unit, packed, in grams.")
    length_mm: int | None = strawberry.field(default=None, description="Longest side, packed, in millimetres.")
    width_mm: int | None = strawberry.field(default=None, description="Middle side, packed, in millimetres.")
    height_mm: int | None = strawberry.field(default=None, description="Shortest side, packed, in millimetres.")
    prices: list[PriceInput] = strawberry.field(default_factory=list, description="What it costs, per channel.")

    def variant(self, n: int) -> NewVariant:
        """The variant for the domain; `n` is its place, from 0."""
        prices = tuple(
            NewPrice(
                each.channel,
                each.amount.minor("variants", str(n), "prices", str(m), "amount"),
                each.amount.currency,
            )
            for m, each in enumerate(self.prices)
        )
        return NewVariant(**{**vars(self), "prices": prices})


@strawberry.input(description="Something that will be on sale.")
class ProductCreateInput(Intention):
    """What `productCreate` is given."""

    handle: str = strawberry.field(description="Its short name in addresses, unique.")
    title: str = strawberry.field(description="Its name for buyers.")
    description: str = strawberry.field(default="", description="What it is.")
    variants: list[VariantInput] = strawberry.field(description="Its sellable units, 1 to 200.")

    def request(self) -> CreateProduct:
        """What `create_product` is asked."""
        variants = tuple(each.variant(n) for n, each in enumerate(self.variants))
        return CreateProduct(self.handle, self.title, variants, self.description)

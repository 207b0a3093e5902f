"""What a shop is made of: channels, locations, products with their variants and prices."""

import re
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.catalog.errors import AlreadyExists
from domain.catalog.models import PriceRow, ProductRow, VariantKind, VariantRow
from domain.channels.models import ChannelRow
from domain.kernel.actor import Permission
from domain.kernel.errors import InvalidInput, NotFound, Path
from domain.kernel.ids import new_id
from domain.kernel.money import LARGEST_MINOR, exponent
from domain.kernel.unit_of_work import UnitOfWork
from domain.locations.models import LocationKind, LocationRow
from domain.orders.errors import WrongCurrency

_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
MOST_VARIANTS = 200


def _checked_code(code: str, path: Path) -> str:
    if not _CODE.fullmatch(code):
        raise InvalidInput("A code has 1 to 40 lower-case letters, digits and hyphens.", path=path)
    return code


def _checked_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise InvalidInput(f'"{name[:60]}" is no IANA time zone such as Europe/Berlin.', path=("timeZone",)) from fault


def _check_texts(**limits: tuple[str, int]) -> None:
    for field, (text, most) in limits.items():
        if not 1 <= len(text.strip()) <= len(text) <= most:
            raise InvalidInput(f"This has 1 to {most} characters.", path=(field,))


@dataclass(frozen=True)
class CreateChannel:
    """Where orders will come from."""

    code: str
    name: str
    currency: str
    legal_entity: str
    time_zone: str


async def create_channel(tx: UnitOfWork, request: CreateChannel) -> UUID:
    """Open a sales channel; its id. Raises AlreadyExists or InvalidInput."""
    tx.actor.require(Permission.MANAGE_CATALOG)
    exponent(request.currency, path=("currency",))
    _check_texts(name=(request.name, 120), legalEntity=(request.legal_entity, 120))
    _checked_code(request.code, ("code",))
    _checked_zone(request.time_zone)
    if await ChannelRow.filter(code=request.code).exists():
        raise AlreadyExists("channel", request.code, path=("code",))
    row = await ChannelRow.create(id=new_id(), **vars(request))
    return row.id


@dataclass(frozen=True)
class CreateLocation:
    """A place that will hold and ship stock."""

    code: str
    name: str
    kind: LocationKind
    legal_entity: str
    time_zone: str
    country_code: str
    postal_code: str
    city: str
    street: str
    priority: int = 100


async def create_location(tx: UnitOfWork, request: CreateLocation) -> UUID:
    """Open a location; its id. Raises AlreadyExists or InvalidInput."""
    tx.actor.require(Permission.MANAGE_CATALOG)
    _checked_code(request.code, ("code",))
    _checked_zone(request.time_zone)
    _check_texts(
        name=(request.name, 120),
        legalEntity=(request.legal_entity, 120),
        postalCode=(request.postal_code, 20),
        city=(request.city, 80),
        street=(request.street, 160),
    )
    if not re.fullmatch("[A-Z]{2}", request.country_code):
        raise InvalidInput("A country is two capital letters (ISO 3166-1).", path=("countryCode",))
    if not 0 <= request.priority <= 10_000:
        raise InvalidInput("A priority is 0 to 10,000; lower is asked first.", path=("priority",))
    if await LocationRow.filter(code=request.code).exists():
        raise AlreadyExists("location", request.code, path=("code",))
    row = await LocationRow.create(id=new_id(), **vars(request))
    return row.id


@dataclass(frozen=True)
class NewPrice:
    """What one unit costs in a channel, tax included, in minor units of the channel's currency, which may be named."""

    channel: str
    amount_minor: int
    currency: str | None = None


@dataclass(frozen=True)
class NewVariant:
    """A sellable unit. Sizes in millimetres, weight in grams. Physical units are counted, others are not."""

    sku: str
    title: str
    kind: VariantKind = VariantKind.PHYSICAL
    weight_grams: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    prices: tuple[NewPrice, ...] = ()


@dataclass(frozen=True)
class CreateProduct:
    """Something that will be on sale."""

    handle: str
    title: str
    variants: tuple[NewVariant, ...]
    description: str = ""


async def create_product(tx: UnitOfWork, request: CreateProduct) -> UUID:
    """Enter a product with its variants and prices; its id. Raises AlreadyExists, NotFound or InvalidInput."""
    tx.actor.require(Permission.MANAGE_CATALOG)
    await _check_product(request)
    codes = {price.channel for variant in request.variants for price in variant.prices}
    channels = {row.code: row for row in await ChannelRow.filter(code__in=codes)} if codes else {}
    product_id = new_id()
    variants, prices = [], []
    for n, variant in enumerate(request.variants):
        row = _variant(product_id, variant, ("variants", str(n)))
        variants.append(row)
        for m, price in enumerate(variant.prices):
            path = ("variants", str(n), "prices", str(m))
            if price.channel in [earlier.channel for earlier in variant.prices[:m]]:
                raise InvalidInput("Give one price a channel.", path=(*path, "channel"))
            prices.append(_price(row.id, price, channels, path))
    await ProductRow.create(
        id=product_id,
        handle=request.handle,
        title=request.title,
        description=request.description,
        created_at=tx.now,
    )
    await VariantRow.bulk_create(variants, batch_size=200)
    await PriceRow.bulk_create(prices, batch_size=200)
    return product_id


async def _check_product(request: CreateProduct) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,79}", request.handle):
        raise InvalidInput("A handle has 1 to 80 lower-case letters, digits and hyphens.", path=("handle",))
    if not 1 <= len(request.title) <= 200:
        raise InvalidInput("A title has 1 to 200 characters.", path=("title",))
    if not 1 <= len(request.variants) <= MOST_VARIANTS:
        raise InvalidInput(f"A product has 1 to {MOST_VARIANTS} variants.", path=("variants",))
    if await ProductRow.filter(handle=request.handle).exists():
        raise AlreadyExists("product", request.handle, path=("handle",))
    skus = [variant.sku for variant in request.variants]
    known = {row.sku for row in await VariantRow.filter(sku__in=skus)}
    for n, sku in enumerate(skus):
        if sku in known or skus.index(sku) < n:
            raise AlreadyExists("SKU", sku[:64], path=("variants", str(n), "sku"))


def _variant(product_id: UUID, variant: NewVariant, path: Path) -> VariantRow:
    if not 1 <= len(variant.sku) <= 64 or variant.sku.strip() != variant.sku:
        raise InvalidInput("A SKU has 1 to 64 characters, and no space around it.", path=(*path, "sku"))
    if not 1 <= len(variant.title) <= 200:
        raise InvalidInput("A title has 1 to 200 characters.", path=(*path, "title"))
    sizes = [variant.weight_grams, variant.length_mm, variant.width_mm, variant.height_mm]
    if any(size is not None and not 1 <= size <= 10_000_000 for size in sizes):
        raise InvalidInput("Weights and sizes are 1 to 10,000,000.", path=path)
    return VariantRow(
        id=new_id(),
        product_id=product_id,
        sku=variant.sku,
        title=variant.title,
        kind=variant.kind,
        is_stock_tracked=variant.kind == VariantKind.PHYSICAL,
        weight_grams=variant.weight_grams,
        length_mm=variant.length_mm,
        width_mm=variant.width_mm,
        height_mm=variant.height_mm,
    )


def _price(variant_id: UUID, price: NewPrice, channels: dict[str, ChannelRow], path: Path) -> PriceRow:
    channel = channels.get(price.channel)
    if channel is None:
        raise NotFound("channel", f'"{price.channel[:40]}"', path=(*path, "channel"))
    if price.currency not in (None, channel.currency):
        raise WrongCurrency(channel.currency, str(price.currency)[:3], path=(*path, "amount", "currency"))
    if not 0 <= price.amount_minor <= LARGEST_MINOR:
        raise InvalidInput("A price is not negative.", path=(*path, "amount"))
    return PriceRow(
        id=new_id(),
        variant_id=variant_id,
        channel_id=channel.id,
        currency=channel.currency,
        amount_minor=price.amount_minor,
    )

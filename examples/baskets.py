"""Orders as the buyers of the example shop would place them."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

from domain.catalog.models import VariantKind
from domain.flows.placement import PlaceCharge, PlaceLine, PlaceOrder
from domain.orders.models import AddressKind, ChargeKind
from examples.shop.catalog import Offer, offers
from examples.shop.people import Person, people
from examples.shop.places import MARKETPLACE, TERMS

_DEMAND = {"coffee": 10, "tea": 8, "brewing": 4, "electric": 1, "outdoor": 2, "table": 3}
_SEVERAL = ("coffee", "tea")
_SHOPS = {"GB": "web-uk", "JP": "web-jp"}
_METHODS = ("card", "card", "card", "bank-transfer", "invoice")
_NOTES = (
    "Please leave it with the neighbours on the ground floor.",
    "It is a present: no invoice in the box, please.",
    "The bell does not work. Please knock.",
    "If the roast date is older than a week, I would rather wait.",
)


@dataclass(frozen=True)
class Buyers:
    """Invents orders, each as `rng` has it."""

    rng: Random

    def order(
        self, placed_at: datetime | None = None, *, is_confirmed: bool = True, is_goods_only: bool = False
    ) -> PlaceOrder:
        """What somebody buys. Its first line is physical, and of two units or more."""
        person = self.rng.choice(people())
        channel = self._channel(person)
        lines = self._lines(channel, is_goods_only)
        return PlaceOrder(
            channel=channel,
            lines=tuple(lines),
            customer=person.customer,
            charges=self._charges(channel, lines),
            addresses=(person.address(AddressKind.SHIPPING), person.address(AddressKind.BILLING)),
            shipping_method=self.rng.choice(("Standard", "Standard", "Standard", "Express")),
            external_reference=f"ME-{self.rng.randrange(10**11):011d}" if channel == MARKETPLACE else None,
            payment_method=self.rng.choice(_METHODS),
            note=self.rng.choice(_NOTES) if self.rng.random() < 0.15 else None,
            placed_at=placed_at,
            is_confirmed=is_confirmed,
        )

    def _channel(self, person: Person) -> str:
        if person.country_code in _SHOPS:
            return _SHOPS[person.country_code]
        return MARKETPLACE if self.rng.random() < 0.3 else "web-de"

    def _lines(self, channel: str, is_goods_only: bool) -> list[PlaceLine]:
        goods = [each for each in offers() if channel in each.prices and each.kind == VariantKind.PHYSICAL]
        weights = [_DEMAND[each.family] for each in goods]
        wanted = {each.sku: each for each in self.rng.choices(goods, weights, k=self.rng.choice((1, 1, 2, 2, 3, 4)))}
        lines = []
        for n, each in enumerate(wanted.values()):
            most = 4 if each.family in _SEVERAL else 2
            lines.append(_line(each, channel, self.rng.randint(1 if n else 2, most)))
        return lines + [_line(each, channel, 1) for each in ([] if is_goods_only else self._extras(channel, wanted))]

    def _extras(self, channel: str, wanted: dict[str, Offer]) -> list[Offer]:
        extras = {each.sku: each for each in offers() if channel in each.prices and each.kind != VariantKind.PHYSICAL}
        chosen = []
        if any(sku.startswith("FBG") for sku in wanted):
            chosen.append("ASSEMBLE-FBG")
        if self.rng.random() < 0.12:
            chosen.append("WRAP")
        if self.rng.random() < 0.06:
            chosen.append(self.rng.choice(("GIFT-25", "GIFT-50", "COURSE-FILTER")))
        return [extras[sku] for sku in chosen if sku in extras]

    def _charges(self, channel: str, lines: list[PlaceLine]) -> tuple[PlaceCharge, ...]:
        terms = TERMS[channel]
        prices = {each.sku: each.prices[channel] for each in offers() if channel in each.prices}
        if sum(line.quantity * prices[line.sku] for line in lines) >= terms.free_from_minor:
            return ()
        gross = terms.shipping_minor
        return (PlaceCharge(ChargeKind.SHIPPING, "Shipping", gross, tax_within(gross, terms.tax_percent)),)


def tax_within(gross_minor: int, percent: int) -> int:
    """The tax in an amount that includes it, in minor units, rounded half up."""
    return (2 * gross_minor * percent + 100 + percent) // (2 * (100 + percent))


def _line(offer: Offer, channel: str, quantity: int) -> PlaceLine:
    terms = TERMS[channel]
    percent = terms.tax_percent_on_food if offer.is_food else terms.tax_percent
    # A voucher for anything is taxed when it is spent (EU directive 2016/1065).
    percent = 0 if offer.family == "voucher" else percent
    return PlaceLine(offer.sku, quantity, tax_minor=tax_within(quantity * offer.prices[channel], percent))

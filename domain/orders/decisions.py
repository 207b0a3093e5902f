"""What orders cost, and which statuses follow from their parts: plain values in, plain values out."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.kernel.errors import InvalidInput, Path
from domain.kernel.money import LARGEST_MINOR, split
from domain.orders.lifecycle import AuthorizeStatus, ChargeStatus, FulfillmentStatus, ReturnsStatus


@dataclass(frozen=True)
class LineAmounts:
    """What a whole line costs, in minor units: gross = net + tax, discount already taken off."""

    unit_price_minor: int
    discount_minor: int
    net_minor: int
    tax_minor: int
    gross_minor: int


def checked_reason(reason: str, *, most: int) -> str:
    """The same words; raises InvalidInput when there are none, or more than `most` characters."""
    if not 1 <= len(reason.strip()) <= len(reason) <= most:
        raise InvalidInput(f"Say why in 1 to {most} characters.", path=("reason",))
    return reason


def price_line(quantity: int, unit_price_minor: int, discount_minor: int, tax_minor: int, *, path: Path) -> LineAmounts:
    """What the line costs. Prices include tax; the discount is for the whole line.

    Raises InvalidInput, naming its field of the line at `path`, when an amount is negative, or discount or tax are more
    than the line.
    """
    full = quantity * unit_price_minor
    if unit_price_minor < 0 or full > LARGEST_MINOR:
        raise InvalidInput(
            "A unit price is not negative, and a line stays below 10^15 minor units.", path=(*path, "unitPrice")
        )
    if not 0 <= discount_minor <= full:
        raise InvalidInput("A discount is at least nothing and at most the whole line.", path=(*path, "discount"))
    gross = full - discount_minor
    if not 0 <= tax_minor <= gross:
        raise InvalidInput("The tax within a line is at least nothing and at most the line.", path=(*path, "tax"))
    return LineAmounts(unit_price_minor, discount_minor, gross - tax_minor, tax_minor, gross)


def spread_over_requirements(gross_minor: int, units: Sequence[int]) -> list[int]:
    """A line's amount over its requirements, by units; the parts sum to it exactly."""
    return split(gross_minor, units)


@dataclass(frozen=True)
class Units:
    """An order's requirements, added up, in units."""

    required: int
    canceled: int
    picked: int
    packed: int
    shipped: int
    delivered: int
    lost: int
    returned: int

    @property
    def wanted(self) -> int:
        """Units that are still to reach the buyer or have reached them."""
        return self.required - self.canceled

    @property
    def has_open_work(self) -> bool:
        """Whether any unit is neither delivered nor lost nor canceled."""
        return self.delivered + self.lost < self.wanted


def fulfillment_status(units: Units, *, work_began: bool) -> FulfillmentStatus:
    """How far the goods are."""
    if units.delivered and units.delivered + units.lost == units.wanted:
        return FulfillmentStatus.DELIVERED
    if units.delivered:
        return FulfillmentStatus.PARTIALLY_DELIVERED
    if units.shipped and units.shipped == units.wanted:
        return FulfillmentStatus.SHIPPED
    if units.shipped:
        return FulfillmentStatus.PARTIALLY_SHIPPED
    if work_began or units.picked or units.packed:
        return FulfillmentStatus.IN_PROGRESS
    return FulfillmentStatus.UNFULFILLED


def authorize_status(owed_minor: int, authorized_minor: int) -> AuthorizeStatus:
    """How much of what is owed is promised: owed and authorized in minor units, authorized less what was refunded."""
    if authorized_minor <= 0:
        return AuthorizeStatus.NONE
    return AuthorizeStatus.FULL if authorized_minor >= owed_minor else AuthorizeStatus.PARTIAL


def charge_status(owed_minor: int, charged_minor: int) -> ChargeStatus:
    """How much of what is owed is paid: owed and charged in minor units, charged less what was refunded."""
    if charged_minor <= 0:
        return ChargeStatus.NONE
    if charged_minor > owed_minor:
        return ChargeStatus.OVERCHARGED
    return ChargeStatus.FULL if charged_minor == owed_minor else ChargeStatus.PARTIAL


def returns_status(units: Units, *, is_requested: bool, is_under_way: bool) -> ReturnsStatus:
    """How far goods have come back."""
    if units.returned and units.returned == units.shipped:
        return ReturnsStatus.RETURNED
    if units.returned:
        return ReturnsStatus.PARTIALLY_RETURNED
    if is_under_way:
        return ReturnsStatus.IN_PROGRESS
    return ReturnsStatus.REQUESTED if is_requested else ReturnsStatus.NONE


def nothing_to_return(fulfillment: FulfillmentStatus, returns: ReturnsStatus) -> str | None:
    """Why nothing of an order can be sent back, in a sentence; None when something may be."""
    if fulfillment in (FulfillmentStatus.UNFULFILLED, FulfillmentStatus.IN_PROGRESS):
        return "Nothing of it is on its way yet."
    return "All of it has come back." if returns is ReturnsStatus.RETURNED else None

"""Asking for a return by the tracking link of the order."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.flows.request_return import MOST_LINES, RequestReturn, RequestReturnLine, announce_return, returnable_units
from domain.flows.tracked_order import lock_proven
from domain.kernel.errors import InvalidInput
from domain.kernel.quantities import checked_units
from domain.kernel.unit_of_work import UnitOfWork
from domain.orders.models import RequirementRow
from domain.returns.errors import NotReturnable


@dataclass(frozen=True)
class TrackedUnits:
    """Units of a SKU, as the buyer reads it on the parcel."""

    sku: str
    quantity: int


@dataclass(frozen=True)
class RequestTrackedReturn:
    """The buyer, who proves it, wants to send goods back."""

    proof: str
    units: tuple[TrackedUnits, ...]
    reason: str


async def request_tracked_return(tx: UnitOfWork, request: RequestTrackedReturn) -> UUID:
    """Ask to send goods of the link's own order back; the order's id.

    Raises ProofRefused, and NotReturnable for more units than were sent and are not back or announced already.
    """
    order = await lock_proven(tx, request.proof)
    if not 1 <= len(request.units) <= MOST_LINES:
        raise InvalidInput(f"A return has 1 to {MOST_LINES} lines.", path=("units",))
    lines = tuple(_lines(request.units, await returnable_units(order)))
    await announce_return(tx, order, RequestReturn(order.id, lines, request.reason))
    return order.id


def _lines(
    asked: Sequence[TrackedUnits], possible: Sequence[tuple[RequirementRow, int]]
) -> Iterator[RequestReturnLine]:
    """The units, of whichever requirements of their SKU have them."""
    left = {requirement.id: units for requirement, units in possible}
    taken = Counter[UUID]()
    for n, each in enumerate(asked):
        path = ("units", str(n), "quantity")
        wanted = checked_units(each.quantity, path=path)
        for requirement, _ in possible:
            if requirement.sku == each.sku:
                units = min(wanted, left[requirement.id] - taken[requirement.id])
                taken[requirement.id] += units
                wanted -= units
        if wanted:
            raise NotReturnable(each.sku, each.quantity, each.quantity - wanted, path=path)
    for requirement_id, units in taken.items():
        if units:
            yield RequestReturnLine(requirement_id, units)

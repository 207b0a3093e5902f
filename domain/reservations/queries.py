"""Who may see reservations, and use them."""

from datetime import datetime

from tortoise.expressions import Q

from domain.kernel.actor import ActorKind, Permission, Scope
from domain.kernel.visibility import NOTHING, of_staff
from domain.reservations.lifecycle import ReservationStatus
from domain.reservations.models import ReservationRow


def visible_reservations(scope: Scope) -> Q:
    """Reservations: all for staff who may read stock, their own for customers who may order."""
    return Q(customer_id=scope.customer_id) if _is_buyer(scope) else of_staff(scope, Permission.READ_STOCK)


def visible_lines(scope: Scope) -> Q:
    """Lines: with their reservation."""
    own = Q(reservation__customer_id=scope.customer_id)
    return own if _is_buyer(scope) else of_staff(scope, Permission.READ_STOCK)


def sees(scope: Scope, reservation: ReservationRow) -> bool:
    """The same of one row that is at hand."""
    if _is_buyer(scope):
        return bool(reservation.customer_id == scope.customer_id)
    return of_staff(scope, Permission.READ_STOCK) is not NOTHING


def _is_buyer(scope: Scope) -> bool:
    return scope.actor_kind is ActorKind.CUSTOMER and scope.may(Permission.PLACE_ORDERS)


async def is_any_overdue(now: datetime) -> bool:
    """Whether the time of any reservation is over that nobody has ended yet."""
    return await ReservationRow.filter(status=ReservationStatus.ACTIVE, expires_at__lte=now).exists()

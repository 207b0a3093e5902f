"""What can come back, and what it is worth: plain values in, plain values out."""

from domain.kernel.money import share
from domain.returns.lifecycle import DispositionAction, ReturnAction


def returnable(shipped: int, lost: int, returned: int, announced: int) -> int:
    """Units that may still be announced for return: shipped, less lost, come back, or already on their way back."""
    return max(shipped - lost - returned - announced, 0)


def worth(gross_minor: int, released_minor: int, units: int, remaining_units: int) -> int:
    """What received units are worth: their share of what has not been released yet, in minor units."""
    return share(gross_minor - released_minor, units, remaining_units)


def receipt_action(units_awaited: int) -> ReturnAction:
    """Whether this receipt ends the wait."""
    return ReturnAction.RECEIVE_PART if units_awaited else ReturnAction.RECEIVE


def goes_on_hand(action: DispositionAction) -> tuple[int, int]:
    """What one unit adds to (on hand, damaged) at its location: restocked is sellable, damaged is on hand only."""
    return {DispositionAction.RESTOCK: (1, 0), DispositionAction.DAMAGE: (1, 1)}.get(action, (0, 0))

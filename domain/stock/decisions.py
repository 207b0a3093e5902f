"""What stock counters mean."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Counters:
    """Units of one SKU at one location."""

    on_hand: int = 0
    allocated: int = 0
    reserved: int = 0
    waiting: int = 0
    damaged: int = 0
    quarantined: int = 0
    safety_stock: int = 0
    incoming: int = 0


def available_to_promise(on_hand: int, *held: int) -> int:
    """ATP in units: on hand less all that is held (allocated, reserved, waiting, damaged, quarantined, safety stock).

    May be negative when facts from the floor took more than was free; it is shown as 0 then.
    """
    return on_hand - sum(held)

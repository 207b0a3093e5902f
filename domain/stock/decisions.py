"""What stock counters mean."""


def available_to_promise(on_hand: int, *held: int) -> int:
    """ATP in units: on hand less all that is held (allocated, reserved, waiting, damaged, quarantined, safety stock).

    May be negative when facts from the floor took more than was free; it is shown as 0 then.
    """
    return on_hand - sum(held)

"""What stock counters mean, and what follows when they change."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

from domain.kernel.errors import InvalidInput, Path

LONGEST_NOTE = 300


def available_to_promise(on_hand: int, *held: int) -> int:
    """ATP in units: on hand less all that is held (allocated, reserved, waiting, damaged, quarantined, safety stock).

    May be negative when facts from the floor took more than was free; it is shown as 0 then.
    """
    return on_hand - sum(held)


@dataclass(frozen=True)
class Counters:
    """The counters of a level, in units; or changes of them."""

    on_hand: int = 0
    allocated: int = 0
    reserved: int = 0
    waiting: int = 0
    damaged: int = 0
    quarantined: int = 0
    safety_stock: int = 0
    incoming: int = 0

    @property
    def atp(self) -> int:
        """What may still be promised; negative when facts took more than was free."""
        return self.to_hand_out - self.waiting

    @property
    def available(self) -> int:
        """ATP as it is shown."""
        return max(self.atp, 0)

    @property
    def to_hand_out(self) -> int:
        """Units that nobody has set aside: the waiting are given these first."""
        held = (self.allocated, self.reserved, self.damaged, self.quarantined, self.safety_stock)
        return available_to_promise(self.on_hand, *held)

    @property
    def short(self) -> int:
        """Units promised that are not there, or cannot be sold; safety stock is used up before a promise is broken."""
        promised = self.allocated + self.reserved
        return min(max(promised + self.damaged + self.quarantined - self.on_hand, 0), promised)

    def less(self, changes: Mapping[str, int]) -> Self:
        """The counters before these changes."""
        return type(self)(**{name: getattr(self, name) - changes.get(name, 0) for name in COUNTERS})


COUNTERS = tuple(each.name for each in fields(Counters))


def check_note(note: str | None, *, path: Path = ("note",)) -> None:
    """Raises InvalidInput for a note that is too long."""
    if note is not None and len(note) > LONGEST_NOTE:
        raise InvalidInput(f"A note has at most {LONGEST_NOTE} characters.", path=path)

"""What stock counters mean, and what follows when they change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol, Self

from domain.kernel.errors import InvalidInput, Path

LONGEST_NOTE = 300
LONGEST_LOT = 60
MOST_LOTS = 100


def available_to_promise(on_hand: int, *held: int) -> int:
    """ATP in units: on hand less all that is held (allocated, reserved, waiting, damaged, quarantined, safety stock).

    May be negative when facts from the floor took more than was free; it is shown as 0 then.
    """
    return on_hand - sum(held)


class Counters(NamedTuple):
    """The counters of a level, in units; or changes of them.

    A tuple, for it is made of every level that an order looks at.
    """

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
        on_hand, allocated, reserved, _, damaged, quarantined, safety_stock, _ = self
        return on_hand - (allocated + reserved + damaged + quarantined + safety_stock)

    @property
    def short(self) -> int:
        """Units promised that are not there, or cannot be sold; safety stock is used up before a promise is broken."""
        promised = self.allocated + self.reserved
        return min(max(promised + self.damaged + self.quarantined - self.on_hand, 0), promised)

    def more(self, changes: Mapping[str, int]) -> Self:
        """The counters after these changes."""
        return self._replace(**{name: getattr(self, name) + units for name, units in changes.items()})

    def less(self, changes: Mapping[str, int]) -> Self:
        """The counters before these changes."""
        return self._replace(**{name: getattr(self, name) - units for name, units in changes.items()})


COUNTERS = Counters._fields


def check_note(note: str | None, *, path: Path = ("note",)) -> None:
    """Raises InvalidInput for a note that is too long."""
    if note is not None and len(note) > LONGEST_NOTE:
        raise InvalidInput(f"A note has at most {LONGEST_NOTE} characters.", path=path)


@dataclass(frozen=True)
class LotUnits:
    """Units of one lot that come or go, as somebody named it."""

    number: str
    expires_on: date | None
    units: int


class Lot(Protocol):
    """Units that were made together; `number` is empty where nobody named one."""

    number: str
    expires_on: date | None
    on_hand: int


def leaving(
    lots: Sequence[Lot], units: int, today: date, *, by_expiry: bool, past_first: bool = False
) -> dict[str, int]:
    """Which lots so many units leave: the number of each, and its units. `lots` come in the order of their age.

    The oldest first or, `by_expiry`, the one that expires first (FEFO); what is past its date stays behind as long as
    there is anything else, or, `past_first`, goes before it. Conserves units: what no lot has left the one without a
    number, which may fall below zero.
    """

    def turn(lot: Lot) -> tuple[bool, date]:
        is_past = lot.expires_on is not None and lot.expires_on < today
        return is_past is not past_first, (lot.expires_on or date.max) if by_expiry else date.min

    left, found = units, dict[str, int]()
    for lot in sorted(lots, key=turn):
        if taken := min(max(lot.on_hand, 0), left):
            found[lot.number], left = taken, left - taken
    if left:
        found[""] = found.get("", 0) + left
    return found


def check_lot_number(number: str, *, path: Path) -> None:
    """Raises InvalidInput for what no lot is called."""
    if not 1 <= len(number.strip()) <= len(number) <= LONGEST_LOT:
        raise InvalidInput(f"A lot's number has 1 to {LONGEST_LOT} characters.", path=path)


def check_lots(lots: Sequence[LotUnits], units: int, *, is_told_apart: bool, path: Path) -> None:
    """Raises InvalidInput for lots that do not add up to the units that come or go, or where no lots are told apart."""
    if not lots:
        return
    if not is_told_apart:
        raise InvalidInput("Lots of it are not told apart.", path=path)
    if len(lots) > MOST_LOTS or len({each.number for each in lots}) < len(lots):
        raise InvalidInput(f"At most {MOST_LOTS} lots, each of them once.", path=path)
    for n, each in enumerate(lots):
        check_lot_number(each.number, path=(*path, str(n), "number"))
        if each.units < 1:
            raise InvalidInput("A lot's part is one unit at least.", path=(*path, str(n), "quantity"))
    if (total := sum(each.units for each in lots)) != units:
        raise InvalidInput(f"The lots have {total} units, not {units}.", path=path)

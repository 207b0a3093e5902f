"""What can happen to a supply."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.kernel.events import StockFact


@dataclass(frozen=True)
class _SupplyFact(StockFact):
    """A fact about one supply."""

    supply_id: UUID

    subject: ClassVar[str | None] = "supply_id"


@dataclass(frozen=True)
class SupplyConfirmed(_SupplyFact):
    """The supplier will bring it: so many units are expected."""

    units: int


@dataclass(frozen=True)
class SupplyRescheduled(_SupplyFact):
    """It will come at another time, or a part of it will."""


@dataclass(frozen=True)
class SupplyReceived(_SupplyFact):
    """So many units of it arrived, of which some are damaged."""

    units: int
    damaged: int


@dataclass(frozen=True)
class SupplyClosed(_SupplyFact):
    """Nothing of it is expected any more: so many units will not come, 0 when everything arrived."""

    units_not_coming: int


@dataclass(frozen=True)
class SupplyCanceled(_SupplyFact):
    """It will not come; so many units are no longer expected, 0 when it had not been confirmed."""

    units: int

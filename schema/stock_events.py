"""Events of stock: one GraphQL type per fact, named and described like it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.bulk import events as bulk
from domain.reservations import events as reservations
from domain.stock import events as stock
from domain.supplies import events as supplies
from domain.transfers import events as transfers
from schema.facts import StockEvent, event_of, fact, subject
from schema.references import id_of

if TYPE_CHECKING:
    from schema.bulk import BulkRun
    from schema.reservations import Reservation
    from schema.supplies import Supply
    from schema.transfers import Transfer


@event_of(stock.StockLevelChanged)
class StockLevelChanged(StockEvent):
    available_before: int = fact("available_before", int, doc="Units that could be promised before.")
    available: int = fact("available", int, doc="Units that could be promised then.")


@event_of(stock.StockRanLow)
class StockRanLow(StockEvent):
    available: int = fact("available", int, doc="Units that could be promised then.")


@event_of(stock.StockRanOut)
class StockRanOut(StockEvent): ...


@event_of(stock.StockCameBack)
class StockCameBack(StockEvent):
    available: int = fact("available", int, doc="Units that could be promised then.")


@event_of(stock.ShortageOpened)
class ShortageOpened(StockEvent):
    units: int = fact("units", int, doc="Units that were promised and were not there.")
    shortage_key: strawberry.ID | None = id_of("shortage", "subject_id", name="shortageId", doc="The shortage.")


@event_of(stock.ShortageResolved)
class ShortageResolved(StockEvent):
    shortage_key: strawberry.ID | None = id_of("shortage", "subject_id", name="shortageId", doc="The shortage.")


@event_of(bulk.BulkRunProgressed)
class BulkRunProgressed(StockEvent):
    done: int = fact("done", int, doc="Rows that were dealt with then.")
    rows: int = fact("rows", int, doc="Rows in all.")
    bulk_run: Annotated["BulkRun", strawberry.lazy("schema.bulk")] | None = subject(doc="The run.")


TheSupply = Annotated["Supply", strawberry.lazy("schema.supplies")] | None
TheTransfer = Annotated["Transfer", strawberry.lazy("schema.transfers")] | None


@event_of(supplies.SupplyConfirmed)
class SupplyConfirmed(StockEvent):
    units: int = fact("units", int, doc="Units that are expected.")
    supply: TheSupply = subject(doc="The supply.")


@event_of(supplies.SupplyRescheduled)
class SupplyRescheduled(StockEvent):
    supply: TheSupply = subject(doc="The supply.")


@event_of(supplies.SupplyReceived)
class SupplyReceived(StockEvent):
    units: int = fact("units", int, doc="Units that arrived, damaged ones included.")
    damaged: int = fact("damaged", int, doc="Units of them that are damaged.")
    supply: TheSupply = subject(doc="The supply.")


@event_of(supplies.SupplyClosed)
class SupplyClosed(StockEvent):
    units_not_coming: int = fact("units_not_coming", int, doc="Units that will not come.")
    supply: TheSupply = subject(doc="The supply.")


@event_of(supplies.SupplyCanceled)
class SupplyCanceled(StockEvent):
    units: int = fact("units", int, doc="Units that are no longer expected.")
    supply: TheSupply = subject(doc="The supply.")


@event_of(transfers.TransferReleased)
class TransferReleased(StockEvent):
    units: int = fact("units", int, doc="Units that are set aside.")
    transfer: TheTransfer = subject(doc="The transfer.")


@event_of(transfers.TransferDispatched)
class TransferDispatched(StockEvent):
    units: int = fact("units", int, doc="Units that have left.")
    short: int = fact("short", int, doc="Units that were not found.")
    transfer: TheTransfer = subject(doc="The transfer.")


@event_of(transfers.TransferReceived)
class TransferReceived(StockEvent):
    units: int = fact("units", int, doc="Units that arrived of those that had left.")
    surplus: int = fact("surplus", int, doc="Units that arrived beyond those.")
    damaged: int = fact("damaged", int, doc="Units of both that are damaged.")
    transfer: TheTransfer = subject(doc="The transfer.")


@event_of(transfers.TransferWrittenOff)
class TransferWrittenOff(StockEvent):
    units: int = fact("units", int, doc="Units that will not arrive.")
    transfer: TheTransfer = subject(doc="The transfer.")


@event_of(transfers.TransferCanceled)
class TransferCanceled(StockEvent):
    transfer: TheTransfer = subject(doc="The transfer.")


@event_of(reservations.ReservationMade)
class ReservationMade(StockEvent):
    units: int = fact("units", int, doc="Units that were set aside.")
    reservation: Annotated["Reservation", strawberry.lazy("schema.reservations")] | None = subject(
        doc="The reservation."
    )


@event_of(reservations.ReservationExtended)
class ReservationExtended(StockEvent):
    reservation: Annotated["Reservation", strawberry.lazy("schema.reservations")] | None = subject(
        doc="The reservation."
    )


@event_of(reservations.ReservationTaken)
class ReservationTaken(StockEvent):
    units: int = fact("units", int, doc="Units that the order took.")
    reservation: Annotated["Reservation", strawberry.lazy("schema.reservations")] | None = subject(
        doc="The reservation."
    )


@event_of(reservations.ReservationReleased)
class ReservationReleased(StockEvent):
    reservation: Annotated["Reservation", strawberry.lazy("schema.reservations")] | None = subject(
        doc="The reservation."
    )


@event_of(reservations.ReservationExpired)
class ReservationExpired(StockEvent):
    reservation: Annotated["Reservation", strawberry.lazy("schema.reservations")] | None = subject(
        doc="The reservation."
    )


# What the log calls it -> what the API shows it as.
STOCK_EVENT_TYPES: Mapping[str, type[Any]] = {each.__name__: each for each in StockEvent.__subclasses__()}
# What somebody wants to be woken for, among all that changes.
ALERTS = (StockRanLow, StockRanOut, StockCameBack, ShortageOpened, ShortageResolved)

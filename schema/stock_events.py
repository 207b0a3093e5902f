"""Events of stock: one GraphQL type per fact, named and described like it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.bulk import events as bulk
from domain.stock import events as stock
from domain.transfers import events as transfers
from schema.facts import StockEvent, event_of, fact, subject
from schema.references import id_of

if TYPE_CHECKING:
    from schema.bulk import BulkRun
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
    run: Annotated["BulkRun", strawberry.lazy("schema.bulk")] | None = subject(doc="The run.")


@event_of(transfers.TransferReleased)
class TransferReleased(StockEvent):
    units: int = fact("units", int, doc="Units that were set aside.")
    transfer: Annotated["Transfer", strawberry.lazy("schema.transfers")] | None = subject(doc="The transfer.")


@event_of(transfers.TransferDispatched)
class TransferDispatched(StockEvent):
    units: int = fact("units", int, doc="Units that left.")
    short: int = fact("short", int, doc="Units of the plan that stayed behind.")
    transfer: Annotated["Transfer", strawberry.lazy("schema.transfers")] | None = subject(doc="The transfer.")


@event_of(transfers.TransferReceived)
class TransferReceived(StockEvent):
    units: int = fact("units", int, doc="Units that arrived of those that had left.")
    surplus: int = fact("surplus", int, doc="Units that arrived beyond those.")
    damaged: int = fact("damaged", int, doc="Units among all these that cannot be sold.")
    transfer: Annotated["Transfer", strawberry.lazy("schema.transfers")] | None = subject(doc="The transfer.")


@event_of(transfers.TransferWrittenOff)
class TransferWrittenOff(StockEvent):
    units: int = fact("units", int, doc="Units that will not arrive.")
    transfer: Annotated["Transfer", strawberry.lazy("schema.transfers")] | None = subject(doc="The transfer.")


@event_of(transfers.TransferCanceled)
class TransferCanceled(StockEvent):
    transfer: Annotated["Transfer", strawberry.lazy("schema.transfers")] | None = subject(doc="The transfer.")


# What the log calls it -> what the API shows it as.
STOCK_EVENT_TYPES: Mapping[str, type[Any]] = {each.__name__: each for each in StockEvent.__subclasses__()}
# What somebody wants to be woken for, among all that changes.
ALERTS = (StockRanLow, StockRanOut, StockCameBack, ShortageOpened, ShortageResolved)

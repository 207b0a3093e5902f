"""What mutations about stock answer."""

import strawberry

from schema.locations import Location
from schema.payloads import Payload, now
from schema.shortages import StockSnapshot
from schema.stock import StockLevel


@strawberry.type(description="What became of adjusting stock.")
class StockAdjustPayload(Payload):
    """The answer of `stockAdjust`."""

    stock_level: StockLevel | None = now("The level", is_new=True)


@strawberry.type(description="What became of receiving stock.")
class StockReceivePayload(Payload):
    """The answer of `stockReceive`."""

    stock_level: StockLevel | None = now("The level", is_new=True)


@strawberry.type(description="What became of counting stock.")
class StockCountPayload(Payload):
    """The answer of `stockCount`."""

    stock_level: StockLevel | None = now("The level", is_new=True)


@strawberry.type(description="What became of booking damage.")
class StockDamagePayload(Payload):
    """The answer of `stockDamage`."""

    stock_level: StockLevel | None = now("The level", is_new=True)


@strawberry.type(description="What became of booking a repair.")
class StockRepairPayload(Payload):
    """The answer of `stockRepair`."""

    stock_level: StockLevel | None = now("The level", is_new=True)


@strawberry.type(description="What became of putting units into quarantine.")
class StockQuarantinePayload(Payload):
    """The answer of `stockQuarantine`."""

    stock_level: StockLevel | None = now("The level", is_new=True)


@strawberry.type(description="What became of clearing units from quarantine.")
class StockClearPayload(Payload):
    """The answer of `stockClear`."""

    stock_level: StockLevel | None = now("The level", is_new=True)


@strawberry.type(description="What became of disposing of units.")
class StockDisposePayload(Payload):
    """The answer of `stockDispose`."""

    stock_level: StockLevel | None = now("The level", is_new=True)


@strawberry.type(description="What became of a receipt of the till.")
class StockRecordTillSalePayload(Payload):
    """The answer of `stockRecordTillSale`."""

    location: Location | None = now("The location, whose `stock` has what is left")


@strawberry.type(description="What became of setting safety stock.")
class StockSetSafetyPayload(Payload):
    """The answer of `stockSetSafety`."""

    stock_level: StockLevel | None = now("The level", is_new=True)


@strawberry.type(description="What became of setting the mark from which on stock is low.")
class StockSetLowMarkPayload(Payload):
    """The answer of `stockSetLowMark`."""

    stock_level: StockLevel | None = now("The level", is_new=True)


@strawberry.type(description="What became of many corrections.")
class StockAdjustManyPayload(Payload):
    """The answer of `stockAdjustMany`."""

    location: Location | None = now("The location, whose `stock` they correct")


@strawberry.type(description="What became of many counts.")
class StockCountManyPayload(Payload):
    """The answer of `stockCountMany`."""

    location: Location | None = now("The location, whose `stock` was counted")


@strawberry.type(description="What became of applying a snapshot.")
class StockSnapshotApplyPayload(Payload):
    """The answer of `stockSnapshotApply`."""

    snapshot: StockSnapshot | None = now("The snapshot, and how many SKUs it corrected", is_new=True)

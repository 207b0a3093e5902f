"""What facts from the floor are told with."""

from datetime import datetime

import strawberry

from domain.flows.apply_snapshot import ApplySnapshot, SnapshotLine
from domain.flows.sell_at_till import TillLine, TillSale
from domain.flows.set_aside_stock import DisposeStock, SetAside, SetAsideState
from domain.flows.set_stock_marks import SetLowMark, SetSafetyStock
from schema.inputs.intentions import Intention, KeyedIntention, local_id
from schema.inputs.stock import SHORT_NOTE


@strawberry.input(description="Units at a location that change their state.")
class SetAsideInput(KeyedIntention):
    """What damage, repair, quarantine and its end are given."""

    sku: str = strawberry.field(description="Of which SKU.")
    location: strawberry.ID = strawberry.field(description="Where.")
    quantity: int = strawberry.field(description="How many units.")
    note: str | None = strawberry.field(default=None, description=SHORT_NOTE)

    def request(self) -> SetAside:
        """What the flow is asked."""
        return SetAside(self.sku, local_id("location", self.location, "location"), self.quantity, self.note)


@strawberry.input(description="Units cannot be sold any more.")
class StockDamageInput(SetAsideInput):
    """What `stockDamage` is given."""


@strawberry.input(description="Damaged units can be sold again.")
class StockRepairInput(SetAsideInput):
    """What `stockRepair` is given."""


@strawberry.input(description="Units wait for a decision.")
class StockQuarantineInput(SetAsideInput):
    """What `stockQuarantine` is given."""


@strawberry.input(description="Units in quarantine can be sold again.")
class StockClearInput(SetAsideInput):
    """What `stockClear` is given."""


@strawberry.input(description="Units that cannot be sold are thrown away, or go back to where they came from.")
class StockDisposeInput(KeyedIntention):
    """What `stockDispose` is given."""

    sku: str = strawberry.field(description="Of which SKU.")
    location: strawberry.ID = strawberry.field(description="Where.")
    quantity: int = strawberry.field(description="How many units.")
    state: SetAsideState = strawberry.field(description="Which of them.")
    note: str | None = strawberry.field(default=None, description=SHORT_NOTE)

    def request(self) -> DisposeStock:
        """What `dispose_stock` is asked."""
        place = local_id("location", self.location, "location")
        return DisposeStock(self.sku, place, self.quantity, self.state, self.note)


@strawberry.input(description="Units of one SKU that were sold.")
class TillLineInput:
    """A line of a receipt."""

    sku: str = strawberry.field(description="Which SKU.")
    quantity: int = strawberry.field(description="How many units.")


@strawberry.input(description="Units were sold over the counter.")
class StockRecordTillSaleInput(KeyedIntention):
    """What `stockRecordTillSale` is given."""

    location: strawberry.ID = strawberry.field(description="Whose till.")
    receipt: str = strawberry.field(
        description="The receipt's number at that location, 1 to 60 characters: it counts once, whatever the key."
    )
    lines: list[TillLineInput] = strawberry.field(description="1 to 100 lines; those of one SKU are added up.")
    note: str | None = strawberry.field(default=None, description=SHORT_NOTE)

    def request(self) -> TillSale:
        """What `sell_at_till` is asked."""
        lines = tuple(TillLine(each.sku, each.quantity) for each in self.lines)
        return TillSale(local_id("location", self.location, "location"), self.receipt, lines, self.note)


@strawberry.input(description="So many units are never promised.")
class StockSetSafetyInput(Intention):
    """What `stockSetSafety` is given."""

    sku: str = strawberry.field(description="Of which SKU.")
    location: strawberry.ID = strawberry.field(description="Where.")
    units: int = strawberry.field(description="How many units; 0 for none.")
    note: str | None = strawberry.field(default=None, description=SHORT_NOTE)

    def request(self) -> SetSafetyStock:
        """What `set_safety_stock` is asked."""
        return SetSafetyStock(self.sku, local_id("location", self.location, "location"), self.units, self.note)


@strawberry.input(description="From how many available units on it is low.")
class StockSetLowMarkInput(Intention):
    """What `stockSetLowMark` is given."""

    sku: str = strawberry.field(description="Of which SKU.")
    location: strawberry.ID = strawberry.field(description="Where.")
    units: int | None = strawberry.field(
        default=None, description="So many available units, or fewer, are low; left out, nobody is told."
    )

    def request(self) -> SetLowMark:
        """What `set_low_mark` is asked."""
        return SetLowMark(self.sku, local_id("location", self.location, "location"), self.units)


@strawberry.input(description="What was counted of one SKU.")
class StockSnapshotRowInput:
    """A row of a snapshot."""

    sku: str = strawberry.field(description="Which SKU.")
    on_hand: int = strawberry.field(description="Units that were there, those that cannot be sold included.")
    damaged: int | None = strawberry.field(
        default=None, description="Units of them that were damaged; left out, the books keep what they have."
    )
    quarantined: int | None = strawberry.field(
        default=None, description="Units of them in quarantine; left out, the books keep what they have."
    )


@strawberry.input(description="What a location had at a moment, as whoever runs it counted.")
class StockSnapshotApplyInput(Intention):
    """What `stockSnapshotApply` is given."""

    location: strawberry.ID = strawberry.field(description="Whose stock it is.")
    as_of: datetime = strawberry.field(description="The moment at which it was counted.")
    rows: list[StockSnapshotRowInput] = strawberry.field(
        description="1 to 1,000 SKUs, each once; more of the same moment come in further snapshots. Others stay as "
        "they are."
    )
    external_reference: str | None = strawberry.field(
        default=None, description="Your name for it, 1 to 100 characters."
    )

    def request(self) -> ApplySnapshot:
        """What `apply_snapshot` is asked."""
        rows = tuple(SnapshotLine(each.sku, each.on_hand, each.damaged, each.quarantined) for each in self.rows)
        place = local_id("location", self.location, "location")
        return ApplySnapshot(place, self.as_of, rows, self.external_reference)

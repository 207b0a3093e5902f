"""The closed sets of stock, and of what belongs to it, as GraphQL enums: what each value means, in a sentence."""

from domain.assemblies.lifecycle import AssemblyStatus
from domain.catalog.models import BackorderPolicy, Composition, Traceability
from domain.flows.set_aside_stock import SetAsideState
from domain.reservations.lifecycle import ReservationStatus
from domain.stock.models import AdjustmentReason, MovementCause, SerialNumberStatus
from domain.supplies.lifecycle import SupplyStatus
from domain.supplies.models import SupplyKind
from domain.transfers.lifecycle import TransferStatus
from schema.views import enum_of

enum_of(
    MovementCause,
    {
        MovementCause.RECEIVED: "Goods arrived.",
        MovementCause.ADJUSTED: "Somebody corrected it; the movement's reason says why.",
        MovementCause.COUNTED: "A stocktake found another number.",
        MovementCause.SNAPSHOT: "Whoever runs the location had counted another number at a moment before.",
        MovementCause.SOLD_AT_TILL: "Units were sold over the counter.",
        MovementCause.ALLOCATED: "Units were set aside for an order, a transfer or an assembly.",
        MovementCause.DEALLOCATED: "Units that were set aside are free again.",
        MovementCause.SHIPPED: "Units were handed over to a carrier.",
        MovementCause.RESTOCKED: "Units came back and can be sold again.",
        MovementCause.RESERVED: "Units were set aside for a basket.",
        MovementCause.RELEASED: "A basket gave its units back.",
        MovementCause.EXPIRED: "A basket's time was over: its units are free again.",
        MovementCause.TAKEN: "An order took the units of its basket.",
        MovementCause.BACKORDERED: "Units were sold that are not there yet.",
        MovementCause.BACKORDER_FILLED: "Units that somebody waited for were set aside for them.",
        MovementCause.BACKORDER_CANCELED: "Nobody waits for these units any more.",
        MovementCause.EXPECTED: "Units are on their way here.",
        MovementCause.NO_LONGER_EXPECTED: "Units that were expected will not come.",
        MovementCause.TRANSFERRED_OUT: "Units left for another location.",
        MovementCause.TRANSFERRED_IN: "Units arrived from another location.",
        MovementCause.WRITTEN_OFF: "Units were lost on their way from another location.",
        MovementCause.ASSEMBLED: "Components became kits.",
        MovementCause.DAMAGED: "Units cannot be sold any more.",
        MovementCause.REPAIRED: "Damaged units can be sold again.",
        MovementCause.QUARANTINED: "Units wait for a decision.",
        MovementCause.CLEARED: "Units in quarantine can be sold again.",
        MovementCause.DISPOSED: "Units were thrown away, or sent to where they came from.",
        MovementCause.SAFETY_STOCK_SET: "Another number of units is never promised.",
        MovementCause.RECONCILED: "The counter was mended: it did not say what the books said.",
    },
)

enum_of(
    AdjustmentReason,
    {
        AdjustmentReason.FOUND: "Units turned up.",
        AdjustmentReason.LOST: "Units cannot be found.",
        AdjustmentReason.STOLEN: "Units were stolen.",
        AdjustmentReason.EXPIRED: "Units are past their date.",
        AdjustmentReason.SAMPLE: "Units were given away as samples.",
        AdjustmentReason.OWN_USE: "We used units ourselves.",
        AdjustmentReason.CORRECTION: "The books were wrong.",
        AdjustmentReason.OTHER: "Something else; the note says what.",
    },
)

enum_of(
    SetAsideState,
    {
        SetAsideState.DAMAGED: "Damaged units.",
        SetAsideState.QUARANTINED: "Units in quarantine.",
    },
)

enum_of(
    SerialNumberStatus,
    {
        SerialNumberStatus.ON_HAND: "The unit is at its location.",
        SerialNumberStatus.IN_TRANSIT: "The unit is on its way to another location.",
        SerialNumberStatus.SHIPPED: "The unit left with a shipment.",
        SerialNumberStatus.GONE: "The unit is no longer ours.",
    },
)

# -- what is sold, and how -------------------------------------------------------------------------------------------
enum_of(
    Composition,
    {
        Composition.SINGLE: "One thing.",
        Composition.BUNDLE: "Sold as one, sent as its components, which are what stock is kept of.",
        Composition.KIT: "Made to stock out of its components by assemblies; then it is one thing.",
    },
)
enum_of(
    BackorderPolicy,
    {
        BackorderPolicy.DENY: "An order for more than can be promised is refused.",
        BackorderPolicy.BACKORDER: "What cannot be promised waits for the next arrival, up to the variant's limit.",
        BackorderPolicy.PREORDER: "It is sold before its release, up to the variant's limit.",
    },
)
enum_of(
    Traceability,
    {
        Traceability.NONE: "Units are not told apart.",
        Traceability.LOT: "Units are told apart by the lot they were made in.",
        Traceability.SERIAL: "Each unit has a serial number.",
    },
)

# -- what belongs to stock -------------------------------------------------------------------------------------------
enum_of(
    ReservationStatus,
    {
        ReservationStatus.ACTIVE: "Its units are set aside.",
        ReservationStatus.TAKEN: "An order took its units.",
        ReservationStatus.RELEASED: "It was given up.",
        ReservationStatus.EXPIRED: "Its time was over.",
    },
)
enum_of(
    TransferStatus,
    {
        TransferStatus.DRAFT: "Planned: nothing is set aside.",
        TransferStatus.RELEASED: "Its units are set aside at the source.",
        TransferStatus.IN_TRANSIT: "Its units have left, and are expected at the destination.",
        TransferStatus.PARTIALLY_RECEIVED: "Some of its units have arrived.",
        TransferStatus.RECEIVED: "Every unit has arrived, or was written off.",
        TransferStatus.CANCELED: "Called off before it left.",
    },
)
enum_of(
    SupplyKind,
    {
        SupplyKind.PURCHASE_ORDER: "We ordered it.",
        SupplyKind.SHIPPING_NOTICE: "The supplier told us that it is on its way (ASN).",
    },
)
enum_of(
    SupplyStatus,
    {
        SupplyStatus.DRAFT: "Being put together: nothing is expected yet.",
        SupplyStatus.CONFIRMED: "The supplier will bring it: its units are expected.",
        SupplyStatus.PARTIALLY_RECEIVED: "Some of its units have arrived.",
        SupplyStatus.RECEIVED: "Nothing is expected any more.",
        SupplyStatus.CANCELED: "It will not come.",
    },
)
enum_of(
    AssemblyStatus,
    {
        AssemblyStatus.DRAFT: "Planned: nothing is set aside.",
        AssemblyStatus.RELEASED: "Its components are set aside.",
        AssemblyStatus.COMPLETED: "The components became kits.",
        AssemblyStatus.CANCELED: "Called off.",
    },
)

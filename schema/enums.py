"""The closed sets of the domain as GraphQL enums: what each value means, in a sentence."""

from domain.catalog.models import VariantKind
from domain.fulfillment.lifecycle import FulfillmentOrderStatus as Work
from domain.fulfillment.models import DeliveryMethod
from domain.kernel.actor import Permission
from domain.locations.models import LocationKind
from domain.orders.lifecycle import AuthorizeStatus, ChargeStatus, FulfillmentStatus, OrderStatus, ReturnsStatus
from domain.orders.models import AddressKind, ChargeKind, HoldKind, OrderOrigin
from domain.payments.lifecycle import PaymentStatus, RefundStatus
from domain.payments.models import TransactionKind
from domain.returns.lifecycle import DispositionStatus, ReceiptStatus, Resolution, ReturnStatus
from domain.shipping.lifecycle import ParcelOutcome, ShipmentStatus, TrackingStatus
from schema.views import enum_of

enum_of(
    Permission,
    {
        Permission.READ_ORDERS: "See orders and what belongs to them.",
        Permission.PLACE_ORDERS: "Place orders.",
        Permission.MANAGE_ORDERS: "Confirm and reject orders, hold and release them, close their tracking links.",
        Permission.CANCEL_ORDERS: "Call orders off before anything ships.",
        Permission.FULFILL_ORDERS: "Do the work of a location: start, reject, pack, ship.",
        Permission.RECORD_SCANS: "Record what carriers saw.",
        Permission.RECORD_PAYMENTS: "Record that money came.",
        Permission.REFUND_PAYMENTS: "Owe money back, and record that it went.",
        Permission.REQUEST_RETURNS: "Ask to send goods back.",
        Permission.APPROVE_RETURNS: "Agree to take goods back, or decline.",
        Permission.RECEIVE_RETURNS: "Book returned goods in, and decide what becomes of them.",
        Permission.READ_CATALOG: "See what is on sale, and in which channels.",
        Permission.MANAGE_CATALOG: "Change what is on sale, channels and locations.",
        Permission.READ_STOCK: "See stock levels and movements.",
        Permission.ADJUST_STOCK: "Book receipts, counts and adjustments of stock.",
        Permission.REVOKE_ACCESS: "Take the access of staff and customers away before it expires.",
    },
)

# -- what is sold, and where ------------------------------------------------------------------------------------------
enum_of(
    VariantKind,
    {
        VariantKind.PHYSICAL: "Goods that are shipped or picked up.",
        VariantKind.DIGITAL: "A download: delivered when the order is confirmed.",
        VariantKind.SERVICE: "Something that is done: delivered when the order is confirmed.",
    },
)
enum_of(
    LocationKind,
    {
        LocationKind.WAREHOUSE: "Our own warehouse.",
        LocationKind.STORE: "A shop that also ships.",
        LocationKind.THIRD_PARTY: "A warehouse that others run for us (3PL).",
        LocationKind.SUPPLIER: "A maker or trader who ships for us.",
    },
)

# -- orders -----------------------------------------------------------------------------------------------------------
enum_of(
    OrderStatus,
    {
        OrderStatus.DRAFT: "Still being put together: nothing is set aside.",
        OrderStatus.PENDING: "Placed, its units set aside; it waits to be checked.",
        OrderStatus.CONFIRMED: "Checked: its locations work on it.",
        OrderStatus.COMPLETED: "Every unit is delivered, canceled or lost. It reopens if work turns up.",
        OrderStatus.CANCELED: "Called off before anything shipped.",
        OrderStatus.REJECTED: "We did not take it.",
        OrderStatus.EXPIRED: "It was not paid or confirmed in time.",
    },
)
enum_of(
    FulfillmentStatus,
    {
        FulfillmentStatus.UNFULFILLED: "No location has begun.",
        FulfillmentStatus.IN_PROGRESS: "A location is picking or packing.",
        FulfillmentStatus.PARTIALLY_SHIPPED: "Some units are handed over.",
        FulfillmentStatus.SHIPPED: "Every unit that is still wanted is handed over.",
        FulfillmentStatus.PARTIALLY_DELIVERED: "Some units arrived.",
        FulfillmentStatus.DELIVERED: "Every unit that is still wanted arrived.",
    },
)
enum_of(
    AuthorizeStatus,
    {
        AuthorizeStatus.NONE: "Nothing is promised.",
        AuthorizeStatus.PARTIAL: "Less is promised than is owed.",
        AuthorizeStatus.FULL: "All that is owed is promised.",
    },
)
enum_of(
    ChargeStatus,
    {
        ChargeStatus.NONE: "Nothing is paid.",
        ChargeStatus.PARTIAL: "Less is paid than is owed.",
        ChargeStatus.FULL: "Exactly what is owed is paid.",
        ChargeStatus.OVERCHARGED: "More is paid than is owed: some should go back.",
    },
)
enum_of(
    ReturnsStatus,
    {
        ReturnsStatus.NONE: "Nothing comes back.",
        ReturnsStatus.REQUESTED: "The buyer asked to send goods back.",
        ReturnsStatus.IN_PROGRESS: "Goods are awaited or being looked at.",
        ReturnsStatus.PARTIALLY_RETURNED: "Some shipped units came back.",
        ReturnsStatus.RETURNED: "Every shipped unit came back.",
    },
    name="OrderReturnStatus",
)
enum_of(
    OrderOrigin,
    {
        OrderOrigin.PLACED: "It was placed here.",
        OrderOrigin.IMPORTED_OPEN: "It was taken over from another system with work left to do.",
        OrderOrigin.IMPORTED_HISTORY: "It was taken over from another system as history.",
    },
)
enum_of(
    ChargeKind,
    {
        ChargeKind.SHIPPING: "For the delivery.",
        ChargeKind.FEE: "For a service, such as gift wrapping or cash on delivery.",
        ChargeKind.ADJUSTMENT: "A correction by hand.",
    },
)
enum_of(
    AddressKind,
    {AddressKind.SHIPPING: "Where the goods go.", AddressKind.BILLING: "Who is billed."},
)
enum_of(
    HoldKind,
    {
        HoldKind.ADDRESS: "The address cannot be delivered to.",
        HoldKind.FRAUD: "It may be fraud.",
        HoldKind.PAYMENT: "Something is wrong with the payment.",
        HoldKind.STOCK: "Units that were promised are missing.",
        HoldKind.CUSTOMER_REQUEST: "The buyer asked us to wait.",
        HoldKind.MANUAL: "Somebody wants to look at it first.",
    },
)

# -- fulfillment and shipping -----------------------------------------------------------------------------------------
enum_of(
    Work,
    {
        Work.SCHEDULED: "For a later day.",
        Work.OPEN: "The location may begin.",
        Work.IN_PROGRESS: "The location is picking and packing.",
        Work.CLOSED: "All its units are packed into shipments.",
        Work.REJECTED: "The location could not do it; it is sourced again elsewhere.",
        Work.CANCELED: "Called off.",
    },
)
enum_of(
    DeliveryMethod,
    {
        DeliveryMethod.SHIP: "A carrier brings it.",
        DeliveryMethod.PICKUP: "The buyer collects it.",
        DeliveryMethod.LOCAL_DELIVERY: "The location brings it itself.",
    },
)
enum_of(
    ShipmentStatus,
    {
        ShipmentStatus.PENDING: "Being packed.",
        ShipmentStatus.PACKED: "Its parcels are closed and wait for hand-over.",
        ShipmentStatus.SHIPPED: "Handed over to the carrier.",
        ShipmentStatus.READY_FOR_PICKUP: "It waits at the counter.",
        ShipmentStatus.COLLECTED: "The buyer took it along.",
        ShipmentStatus.NOT_COLLECTED: "Nobody came; its units are restocked.",
        ShipmentStatus.DELIVERED: "Every parcel of it arrived.",
        ShipmentStatus.LOST: "The carrier cannot find it.",
        ShipmentStatus.RETURNED: "It came back to us undelivered or unopened.",
        ShipmentStatus.CANCELED: "Unpacked before hand-over.",
    },
)
enum_of(
    TrackingStatus,
    {
        TrackingStatus.PRE_TRANSIT: "Announced; the carrier does not have it yet.",
        TrackingStatus.IN_TRANSIT: "On its way.",
        TrackingStatus.OUT_FOR_DELIVERY: "On the vehicle that delivers it.",
        TrackingStatus.AVAILABLE_FOR_PICKUP: "It waits for the buyer at a shop or locker.",
        TrackingStatus.ATTEMPTED_DELIVERY: "The carrier came, and nobody took it.",
        TrackingStatus.DELAYED: "It will be later than announced.",
        TrackingStatus.DELIVERED: "It arrived.",
        TrackingStatus.RETURN_TO_SENDER: "It is on its way back to us.",
        TrackingStatus.FAILURE: "The carrier cannot deliver it.",
        TrackingStatus.LOST: "The carrier cannot find it.",
        TrackingStatus.UNKNOWN: "The carrier said something that we do not understand.",
    },
)
enum_of(
    ParcelOutcome,
    {
        ParcelOutcome.OPEN: "Not known yet.",
        ParcelOutcome.DELIVERED: "It arrived.",
        ParcelOutcome.LOST: "It will not arrive.",
    },
)

# -- money ------------------------------------------------------------------------------------------------------------
enum_of(
    PaymentStatus,
    {
        PaymentStatus.PENDING: "Expected.",
        PaymentStatus.REQUIRES_ACTION: "The payer must do something first, such as 3-D Secure.",
        PaymentStatus.AUTHORIZED: "The money is held for us.",
        PaymentStatus.PARTIALLY_CAPTURED: "Part of it was taken.",
        PaymentStatus.CAPTURED: "All of it was taken.",
        PaymentStatus.PARTIALLY_REFUNDED: "Part of what was taken went back.",
        PaymentStatus.REFUNDED: "All that was taken went back.",
        PaymentStatus.VOIDED: "The held money was let go.",
        PaymentStatus.EXPIRED: "The hold on the money ran out.",
        PaymentStatus.FAILED: "It was declined.",
        PaymentStatus.CANCELED: "It is expected no more.",
    },
)
enum_of(
    TransactionKind,
    {TransactionKind.SALE: "Money was held and taken at once.", TransactionKind.REFUND: "Money went back."},
)
enum_of(
    RefundStatus,
    {
        RefundStatus.GRANTED: "Owed; nobody was asked to send it yet.",
        RefundStatus.REQUESTED: "The provider was asked to send it.",
        RefundStatus.PENDING: "The provider is sending it.",
        RefundStatus.SUCCEEDED: "The money went back.",
        RefundStatus.FAILED: "The provider could not send it; it is still owed.",
    },
)

# -- returns ----------------------------------------------------------------------------------------------------------
enum_of(
    ReturnStatus,
    {
        ReturnStatus.REQUESTED: "The buyer asked; it waits for our answer.",
        ReturnStatus.APPROVED: "We agreed to take the goods back.",
        ReturnStatus.DECLINED: "We did not agree.",
        ReturnStatus.IN_TRANSIT: "The goods are on their way to us.",
        ReturnStatus.PARTIALLY_RECEIVED: "Some of the goods arrived.",
        ReturnStatus.RECEIVED: "All that is awaited arrived.",
        ReturnStatus.COMPLETED: "It is known what becomes of every unit.",
        ReturnStatus.CANCELED: "The buyer keeps the goods.",
        ReturnStatus.EXPIRED: "Nothing came in time.",
    },
)
enum_of(
    ReceiptStatus,
    {
        ReceiptStatus.AWAITING: "It has not arrived.",
        ReceiptStatus.RECEIVED: "It arrived.",
        ReceiptStatus.MISSING: "It was not in the parcel.",
        ReceiptStatus.WRONG_ITEM: "Something else was in the parcel.",
    },
)
enum_of(
    DispositionStatus,
    {
        DispositionStatus.PENDING: "Not decided yet.",
        DispositionStatus.RESTOCKED: "As good as new: it can be sold again.",
        DispositionStatus.DAMAGED: "On hand, and cannot be sold.",
        DispositionStatus.QUARANTINED: "It waits for a closer look.",
        DispositionStatus.DISPOSED: "Written off.",
        DispositionStatus.TO_VENDOR: "It goes back to its maker.",
        DispositionStatus.TO_CUSTOMER: "It was not ours: it goes back to the buyer.",
    },
)
enum_of(
    Resolution,
    {
        Resolution.REFUND: "Money goes back.",
        Resolution.STORE_CREDIT: "Money owed, kept with us.",
        Resolution.EXCHANGE: "Other goods are sent instead.",
        Resolution.REPLACEMENT: "The same goods are sent again.",
        Resolution.NONE: "Nothing is owed.",
    },
)

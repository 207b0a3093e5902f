"""Verbs about the work of locations, their shipments and their parcels."""

from typing import Annotated

import strawberry

from domain.flows.pack_shipment import pack_shipment
from domain.flows.record_scan import record_scan
from domain.flows.ship_shipment import ship_shipment
from domain.flows.unpack_shipment import cancel_shipment
from domain.flows.work_fulfillment_order import reject_fulfillment_order, start_fulfillment_order
from resolvers.mutations.deed import ASKED, Info, done
from schema.fulfillment import FulfillmentOrder
from schema.inputs.work import (
    FulfillmentOrderRejectInput,
    FulfillmentOrderStartInput,
    ParcelScanInput,
    ShipmentCancelInput,
    ShipmentPackInput,
    ShipmentShipInput,
)
from schema.payloads import (
    FulfillmentOrderRejectPayload,
    FulfillmentOrderStartPayload,
    ParcelScanPayload,
    ShipmentCancelPayload,
    ShipmentPackPayload,
    ShipmentShipPayload,
)
from schema.shipping import Parcel, Shipment


@strawberry.type
class WorkMutations:
    """Verbs about the work of locations, their shipments and their parcels."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="A location begins with its work."
    )
    async def fulfillment_order_start(
        self, info: Info, input: Annotated[FulfillmentOrderStartInput, ASKED]
    ) -> FulfillmentOrderStartPayload:
        return await done(
            info, start_fulfillment_order, input, FulfillmentOrderStartPayload, fulfillment_order=FulfillmentOrder
        )

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="A location cannot do its work: the units are sourced again elsewhere. What nobody has puts the "
        "order on hold."
    )
    async def fulfillment_order_reject(
        self, info: Info, input: Annotated[FulfillmentOrderRejectInput, ASKED]
    ) -> FulfillmentOrderRejectPayload:
        return await done(
            info, reject_fulfillment_order, input, FulfillmentOrderRejectPayload, fulfillment_order=FulfillmentOrder
        )

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Put units of a fulfillment order into parcels for one carrier, and close them."
    )
    async def shipment_pack(self, info: Info, input: Annotated[ShipmentPackInput, ASKED]) -> ShipmentPackPayload:
        return await done(
            info, pack_shipment, input, ShipmentPackPayload, shipment=Shipment, fulfillment_order=FulfillmentOrder
        )

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Hand a shipment over to its carrier: its units leave our stock."
    )
    async def shipment_ship(self, info: Info, input: Annotated[ShipmentShipInput, ASKED]) -> ShipmentShipPayload:
        return await done(info, ship_shipment, input, ShipmentShipPayload, shipment=Shipment)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Unpack a shipment before hand-over: its units are to pack again."
    )
    async def shipment_cancel(self, info: Info, input: Annotated[ShipmentCancelInput, ASKED]) -> ShipmentCancelPayload:
        return await done(info, cancel_shipment, input, ShipmentCancelPayload, shipment=Shipment)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Keep what a carrier saw of a parcel: once, in whatever order it is told. A delivery is booked "
        "through to the order."
    )
    async def parcel_scan(self, info: Info, input: Annotated[ParcelScanInput, ASKED]) -> ParcelScanPayload:
        return await done(info, record_scan, input, ParcelScanPayload, parcel=Parcel)

"""Rows of shipments, their parcels, contents and scans."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from domain.kernel.rows import Row, partial_index, reference
from domain.shipping.lifecycle import ParcelOutcome, ShipmentFacts, ShipmentStatus, TrackingStatus


class ShipmentRow(Row):
    """One hand-over to a carrier, of one or more parcels."""

    order: Any = reference("OrderRow", "The order it is part of.", index=False)
    order_id: UUID
    fulfillment_order: Any = reference(
        "FulfillmentOrderRow", "The work it comes from; none in imported history.", null=True
    )
    fulfillment_order_id: UUID | None
    location: Any = reference("LocationRow", "Who packs it; none in imported history.", null=True, index=False)
    location_id: UUID | None
    status: Any = fields.CharEnumField(ShipmentStatus, max_length=16, description="How far it is.")
    carrier = fields.CharField(max_length=60, description="Who carries it, such as dhl.")
    service = fields.CharField(max_length=60, null=True, description="The carrier's product.")
    created_at = fields.DatetimeField(description="When it was made.")
    shipped_at = fields.DatetimeField(null=True, description="When it was handed over.")
    delivered_at = fields.DatetimeField(null=True, description="When its last parcel arrived.")

    class Meta:
        table = "shipments"
        indexes = [
            Index(fields=("order_id", "created_at", "id")),
            Index(fields=("created_at", "id")),
            Index(fields=("location_id", "created_at", "id")),
        ]
        # What is not delivered: few rows, however many shipments there are.
        constraints = [
            partial_index("shipments_undelivered", ("status", "created_at", "id"), "status <> 'DELIVERED'"),
        ]

    def facts(self, *, is_on_hold: bool) -> ShipmentFacts:
        """What the rules look at."""
        return ShipmentFacts(is_on_hold)


class ParcelRow(Row):
    """One box, with a tracking number of its own."""

    shipment: Any = reference("ShipmentRow", "The hand-over it is part of.")
    shipment_id: UUID
    order: Any = reference("OrderRow", "The order it is part of.")
    order_id: UUID
    position = fields.IntField(description="Its place in the shipment, from 1.")
    carrier = fields.CharField(max_length=60, description="Who carries it.")
    tracking_number = fields.CharField(max_length=60, null=True, description="The carrier's number for it.")
    tracking_url = fields.CharField(max_length=300, null=True, description="The carrier's page about it.")
    tracking_status: Any = fields.CharEnumField(
        TrackingStatus, max_length=22, default=TrackingStatus.PRE_TRANSIT, description="What the carrier last saw."
    )
    tracked_at = fields.DatetimeField(null=True, description="When the carrier last saw it.")
    outcome: Any = fields.CharEnumField(
        ParcelOutcome, max_length=10, default=ParcelOutcome.OPEN, description="Whether it arrived, by all scans so far."
    )
    weight_grams = fields.IntField(null=True, description="Its weight in grams.")

    class Meta:
        table = "parcels"
        constraints = [UniqueConstraint(fields=("carrier", "tracking_number"), name="parcels_carrier_tracking_number")]


class ParcelLineRow(Row):
    """Units of one requirement in a parcel."""

    parcel: Any = reference("ParcelRow", "The box they are in.", index=False)
    parcel_id: UUID
    shipment: Any = reference("ShipmentRow", "The hand-over they are part of.")
    shipment_id: UUID
    order: Any = reference("OrderRow", "The order they are for.", index=False)
    order_id: UUID
    requirement: Any = reference("RequirementRow", "What the units are for.", index=False)
    requirement_id: UUID
    sku = fields.CharField(max_length=64, description="What is in the box.")
    quantity = fields.IntField(description="Units in the box.")

    class Meta:
        table = "parcel_lines"
        constraints = [
            UniqueConstraint(fields=("parcel_id", "requirement_id"), name="parcel_lines_requirement"),
            CheckConstraint(check="quantity > 0", name="parcel_lines_quantity_positive"),
        ]


class ScanRow(Row):
    """What the carrier saw, kept once however often and in whatever order it is told."""

    parcel: Any = reference("ParcelRow", "The parcel that was seen.", index=False)
    parcel_id: UUID
    order: Any = reference("OrderRow", "The order it is part of.", index=False)
    order_id: UUID
    status: Any = fields.CharEnumField(TrackingStatus, max_length=22, description="What was seen.")
    occurred_at = fields.DatetimeField(description="When the carrier saw it.")
    recorded_at = fields.DatetimeField(description="When we were told.")
    place = fields.CharField(max_length=120, null=True, description="Where it was seen.")
    description = fields.CharField(max_length=300, null=True, description="The carrier's words.")
    carrier_reference = fields.CharField(
        max_length=120, description="The carrier's name for the scan, or its contents."
    )

    class Meta:
        table = "scans"
        indexes = [Index(fields=("parcel_id", "occurred_at", "id"))]
        constraints = [UniqueConstraint(fields=("parcel_id", "carrier_reference"), name="scans_parcel_reference")]

"""What scans say, whatever order they are told in."""

from collections.abc import Sequence
from datetime import datetime

from domain.shipping.lifecycle import ParcelOutcome, ShipmentAction, ShipmentStatus, TrackingStatus

_NOT_WITH_CARRIER = (TrackingStatus.PRE_TRANSIT, TrackingStatus.UNKNOWN)


def proves_hand_over(status: TrackingStatus) -> bool:
    """Whether a carrier that says this must have the parcel."""
    return status not in _NOT_WITH_CARRIER


def is_later(
    tracked_at: datetime | None, tracked: TrackingStatus, occurred_at: datetime, status: TrackingStatus
) -> bool:
    """Whether a scan tells more recent news than what is known; of two at one instant the one further on counts."""
    if tracked_at is None or tracked_at != occurred_at:
        return tracked_at is None or tracked_at < occurred_at
    further_on = [TrackingStatus.UNKNOWN, *(each for each in TrackingStatus if each != TrackingStatus.UNKNOWN)]
    return further_on.index(status) > further_on.index(tracked)


def outcome_after(outcome: ParcelOutcome, status: TrackingStatus) -> ParcelOutcome:
    """Whether the parcel arrived, after one more scan: the same for any order and any number of copies of the scans.

    Delivered is final; lost holds until it is delivered after all.
    """
    if ParcelOutcome.DELIVERED in (outcome, status):
        return ParcelOutcome.DELIVERED
    return ParcelOutcome.LOST if ParcelOutcome.LOST in (outcome, status) else ParcelOutcome.OPEN


def shipment_action(status: ShipmentStatus, parcels: Sequence[ParcelOutcome]) -> ShipmentAction | None:
    """What the outcomes of all its parcels mean for a shipment; None when nothing changes."""
    if set(parcels) == {ParcelOutcome.DELIVERED}:
        return {ShipmentStatus.SHIPPED: ShipmentAction.DELIVER, ShipmentStatus.LOST: ShipmentAction.FIND}.get(status)
    if set(parcels) == {ParcelOutcome.LOST} and status == ShipmentStatus.SHIPPED:
        return ShipmentAction.LOSE
    return None

"""What a channel can promise, as the API shows it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.channels.decisions import Step, at_most
from domain.flows.availability import Available

if TYPE_CHECKING:
    from schema.locations import Location

MOST_SKUS = 100
# Whoever may not read stock is told of no more units: a shop needs to know that there are enough, not how many.
MOST_TOLD = 100


@strawberry.type(description="So many units can be promised from one moment on, until the next step.")
class AvailabilityStep:
    at: datetime = strawberry.field(description="From when on: when units should arrive.")
    available: int = strawberry.field(description="Units that can be promised then.")


@strawberry.type(description="Units that a channel can promise of one location.")
class AvailabilityAtLocation:
    location: Annotated[Location, strawberry.lazy("schema.locations")] = strawberry.field(description="Where.")
    available: int = strawberry.field(
        description="Units there, less the channel's buffer; of a bundle, those that the location could send whole."
    )


@strawberry.type(description="What a channel can promise of one SKU, now and later.")
class Availability:
    sku: str = strawberry.field(description="The SKU.")
    available: int | None = strawberry.field(
        description="Units that can be promised now; null when units of it are not counted: it is never short. Of a"
        " bundle, as many as the scarcest of its components allows, which may come from several locations."
    )
    by_date: list[AvailabilityStep] = strawberry.field(
        description="What can be promised now, and from each moment on at which expected units should arrive and change"
        " it. Counted are confirmed supplies, and transfers on their way, to locations that the channel sees. What is"
        " overdue, or has no date, counts once it is there; what waits for stock is served first. Empty when units are"
        " not counted."
    )
    locations: list[AvailabilityAtLocation] | None = strawberry.field(
        description="Which locations have how many of these, in the order in which they are asked for stock; null"
        " for whoever may not read stock."
    )


def availability_of(found: Available, *, tells_all: bool) -> Availability:
    """What this actor is told: all of it, or no more units than are told to everybody, and no location."""
    steps = found.steps if tells_all or found.steps is None else at_most(found.steps, MOST_TOLD)
    return Availability(
        sku=found.sku,
        available=steps[0].available if steps else None,
        by_date=[_step(each) for each in steps or ()],
        locations=[_at_location(each) for each in found.locations] if tells_all else None,
    )


def _step(step: Step) -> AvailabilityStep:
    return AvailabilityStep(at=step.at, available=step.available)


# A row stands for the view of it.
def _at_location(each: Any) -> AvailabilityAtLocation:
    return AvailabilityAtLocation(location=each.location, available=each.available)

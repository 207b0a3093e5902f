"""Verbs about reservations: setting units aside for a basket, for longer, or not any more."""

from typing import Annotated

import strawberry

from domain.flows.end_reservation import release_reservation
from domain.flows.extend_reservation import extend_reservation
from domain.flows.reserve_stock import reserve_stock
from resolvers.mutations.deed import ASKED, Info, done
from schema.inputs.reservations import ReservationCreateInput, ReservationExtendInput, ReservationReleaseInput
from schema.reservations import (
    Reservation,
    ReservationCreatePayload,
    ReservationExtendPayload,
    ReservationReleasePayload,
)


@strawberry.type
class ReservationMutations:
    """Verbs about reservations. Taking one is `orderPlace` with its id."""

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Set the units of a basket aside for some minutes: all of them, or none. `orderPlace` takes them. "
        "Customers hold at most 10 reservations at once."
    )
    async def reservation_create(
        self, info: Info, input: Annotated[ReservationCreateInput, ASKED]
    ) -> ReservationCreatePayload:
        return await done(info, reserve_stock, input, ReservationCreatePayload, reservation=Reservation)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Keep the units of a basket set aside for longer; refused once its time is over."
    )
    async def reservation_extend(
        self, info: Info, input: Annotated[ReservationExtendInput, ASKED]
    ) -> ReservationExtendPayload:
        return await done(info, extend_reservation, input, ReservationExtendPayload, reservation=Reservation)

    @strawberry.mutation(  # type: ignore[untyped-decorator]
        description="Give the units of a basket up: they are free at once."
    )
    async def reservation_release(
        self, info: Info, input: Annotated[ReservationReleaseInput, ASKED]
    ) -> ReservationReleasePayload:
        return await done(info, release_reservation, input, ReservationReleasePayload, reservation=Reservation)

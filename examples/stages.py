"""Every stage that an order can stand in, told as the steps that lead there."""

from dataclasses import dataclass

from domain.kernel.actor import Actor
from domain.kernel.money import split
from domain.returns.lifecycle import DispositionAction
from domain.shipping.lifecycle import TrackingStatus
from examples import journeys, steps
from examples.journeys import Act, decided, first_seen, seen
from examples.shop.crew import CARRIER, KEEPER, SUPPORT, WAREHOUSE

T, D = TrackingStatus, DispositionAction


@dataclass(frozen=True)
class Step:
    """Who does what, and how many hours after the step before at most."""

    actor: Actor
    act: Act
    hours: float = 4


@dataclass(frozen=True)
class Stage:
    """Where orders of some age in days stand, how many of a hundred or so, and how they came there."""

    name: str
    weight: int
    days: tuple[float, float]
    steps: tuple[Step, ...] = ()
    is_confirmed: bool = True

    @property
    def is_called_off(self) -> bool:
        """Whether it ends in a cancellation, which nothing that is given at once (a gift card) may stand against."""
        return any(step.act is steps.cancel for step in self.steps)


def _by(actor: Actor, *acts: Act, hours: float = 4) -> tuple[Step, ...]:
    return tuple(Step(actor, act, hours) for act in acts)


PAID = _by(SUPPORT, steps.pay, hours=2)
PACKED = _by(WAREHOUSE, steps.pack, hours=8)
SHIPPED = (*PAID, *PACKED, *_by(WAREHOUSE, steps.ship))
ON_THE_WAY = (*SHIPPED, *_by(CARRIER, seen(T.IN_TRANSIT), hours=20))
IN_THE_VAN = (*ON_THE_WAY, *_by(CARRIER, seen(T.OUT_FOR_DELIVERY), hours=14))
DELIVERED = (*ON_THE_WAY, *_by(CARRIER, seen(T.DELIVERED), hours=24))
ASKED = (*DELIVERED, *_by(SUPPORT, journeys.ask_return, hours=60))
APPROVED = (*ASKED, *_by(SUPPORT, journeys.approve, hours=20))
RECEIVED = (*APPROVED, *_by(WAREHOUSE, journeys.receive, hours=90))

STAGES = (
    Stage("pending", 12, (0, 1.5), is_confirmed=False),
    Stage("pending, held", 3, (0.2, 1.5), _by(SUPPORT, steps.hold, hours=1), is_confirmed=False),
    Stage("rejected", 3, (2, 25), _by(SUPPORT, steps.reject), is_confirmed=False),
    Stage("expired", 3, (5, 25), _by(KEEPER, steps.expire, hours=72), is_confirmed=False),
    Stage("confirmed late", 2, (0.5, 2), _by(SUPPORT, steps.confirm, hours=20), is_confirmed=False),
    Stage("unpaid", 20, (0, 2)),
    Stage("part paid", 3, (1, 5), _by(SUPPORT, steps.pay_part)),
    Stage("paid", 26, (0, 1.5), PAID),
    Stage("held", 4, (1, 6), (*PAID, *_by(SUPPORT, steps.hold))),
    Stage("held, released", 2, (1, 4), (*PAID, *_by(SUPPORT, steps.hold, steps.release, hours=20))),
    Stage("canceled", 8, (1, 25), _by(SUPPORT, steps.cancel)),
    Stage("canceled when packed", 2, (2, 25), (*PACKED, *_by(SUPPORT, steps.cancel))),
    Stage("canceled, refund owed", 3, (0.5, 4), (*PAID, *_by(SUPPORT, steps.cancel))),
    Stage("canceled, refunded", 3, (3, 25), (*PAID, *_by(SUPPORT, steps.cancel, steps.refund))),
    Stage("picking", 7, (0.3, 2), (*PAID, *_by(WAREHOUSE, steps.start))),
    Stage("part packed", 3, (0.5, 2), (*PAID, *_by(WAREHOUSE, steps.pack_some))),
    Stage("sourced again", 4, (0.5, 3), (*PAID, *_by(WAREHOUSE, steps.refuse_work))),
    Stage("packed", 8, (0.5, 2), (*PAID, *PACKED)),
    Stage("unpacked", 2, (1, 3), (*PAID, *PACKED, *_by(WAREHOUSE, steps.unpack))),
    Stage("part shipped", 4, (1, 4), (*PAID, *_by(WAREHOUSE, steps.pack_some, steps.ship))),
    Stage("shipped", 4, (1, 3), (*SHIPPED, *_by(CARRIER, seen(T.PRE_TRANSIT)))),
    Stage("in transit", 9, (2, 5), ON_THE_WAY),
    Stage("delayed", 3, (3, 6), (*ON_THE_WAY, *_by(CARRIER, seen(T.DELAYED), hours=20))),
    Stage("in the van", 6, (2, 5), IN_THE_VAN),
    Stage("nobody at home", 3, (3, 6), (*IN_THE_VAN, *_by(CARRIER, seen(T.ATTEMPTED_DELIVERY)))),
    Stage("at the parcel shop", 3, (3, 6), (*IN_THE_VAN, *_by(CARRIER, seen(T.AVAILABLE_FOR_PICKUP)))),
    Stage("coming back", 2, (6, 10), (*IN_THE_VAN, *_by(CARRIER, seen(T.RETURN_TO_SENDER), hours=40))),
    Stage("no label", 1, (3, 8), (*ON_THE_WAY, *_by(CARRIER, seen(T.FAILURE)))),
    Stage("not understood", 1, (3, 8), (*ON_THE_WAY, *_by(CARRIER, seen(T.UNKNOWN)))),
    Stage("lost", 3, (8, 25), (*ON_THE_WAY, *_by(CARRIER, seen(T.LOST), hours=90))),
    Stage(
        "part delivered",
        4,
        (3, 7),
        (
            *PAID,
            *_by(WAREHOUSE, steps.pack_some, steps.ship, steps.pack),
            *_by(CARRIER, first_seen(T.IN_TRANSIT), first_seen(T.DELIVERED), hours=30),
        ),
    ),
    Stage("delivered, unpaid", 5, (4, 20), (*DELIVERED[1:],)),
    Stage("delivered", 18, (4, 27), DELIVERED),
    Stage("return asked for", 4, (8, 14), ASKED),
    Stage("return approved", 4, (9, 16), APPROVED),
    Stage("return declined", 3, (9, 25), (*ASKED, *_by(SUPPORT, journeys.decline))),
    Stage("return called off", 2, (9, 25), (*ASKED, *_by(SUPPORT, journeys.keep_goods))),
    Stage("return in parts", 3, (12, 20), (*APPROVED, *_by(WAREHOUSE, journeys.receive_some, hours=60))),
    Stage("return received", 3, (12, 20), RECEIVED),
    Stage("return damaged", 3, (13, 22), (*RECEIVED, *_by(WAREHOUSE, decided(D.DAMAGE, 1)))),
    Stage(
        "returned, refunded", 3, (14, 27), (*RECEIVED, *_by(WAREHOUSE, decided(D.RESTOCK)), *_by(SUPPORT, steps.refund))
    ),
    Stage(
        "all returned",
        3,
        (14, 27),
        (
            *DELIVERED,
            *_by(SUPPORT, journeys.ask_return_of_all, journeys.approve, hours=40),
            *_by(WAREHOUSE, journeys.receive, decided(D.DISPOSE), hours=60),
            *_by(SUPPORT, steps.refund),
        ),
    ),
)


def spread(orders: int, stages: tuple[Stage, ...] = STAGES) -> list[Stage]:
    """So many orders over the stages: one in each, as far as they go, and the rest in proportion to the weights."""
    first = stages[:orders]
    rest = split(orders - len(first), [each.weight for each in stages])
    return [*first, *(stage for stage, count in zip(stages, rest, strict=True) for _ in range(count))]

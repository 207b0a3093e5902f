"""The shelf: what is free for orders that are placed together, and what becomes of what is not."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from uuid import UUID

from domain.allocation.decisions import Source, plan_allocation, take_held
from domain.catalog.decisions import is_released
from domain.catalog.models import BackorderPolicy
from domain.catalog.queries import Offer
from domain.channels.decisions import Sight
from domain.flows.draft_order import Draft
from domain.flows.free_stock import lock_free
from domain.flows.take_reservation import Units
from domain.flows.wait_for_stock import WaitingRoom
from domain.kernel.unit_of_work import UnitOfWork
from domain.stock.errors import InsufficientStock
from domain.stock.service import Free


@dataclass
class Shelf:
    """The locked stock levels that these orders draw on, what is still free of each, and what may wait."""

    levels: dict[tuple[UUID, str], Free]
    free: dict[tuple[UUID, str], int]
    locations: Sequence[UUID]
    room: WaitingRoom

    @classmethod
    async def lock(cls, tx: UnitOfWork, drafts: Collection[Draft]) -> "Shelf":
        """Lock every level of every SKU that is asked for, or may be sent in its place, in key order.

        Nothing is free of what is not released yet, however much there is.
        """
        offers = _offers(drafts)
        found = await lock_free(tx, {each.variant_id for each in offers.values()}) if offers else []
        levels = {(each.location_id, each.sku): each for each in found}
        held_back = {sku for sku, offer in offers.items() if not is_released(offer.available_from, tx.now)}
        free = {(each.location_id, each.sku): each.atp for each in found if each.sku not in held_back}
        locations = list(dict.fromkeys(each.location_id for each in found))
        shelf = cls(levels, free, locations, WaitingRoom(tx.now))
        if lacking := _lacking(drafts, offers, shelf):
            shelf.room = await WaitingRoom.lock(tx, lacking, {draft.order.channel_id for draft in drafts})
        return shelf

    def promise(self, draft: Draft, *, held: Units) -> None:
        """Serve the draft's demand from what is held for it, then from what is free, which is taken off.

        Substitutes are sent for what is short, and what may waits. Raises InsufficientStock, naming the first line that
        is short, before anything is taken.
        """
        held = {key: units for key, units in held.items() if key[0] in self.locations}
        _send_substitutes(draft, self, held)
        demand = draft.demand
        first = take_held(demand, held)
        beyond = first.short
        seen = self._seen(beyond, draft.sight)
        short = {sku: left for sku, units in beyond.items() if (left := units - sum(map(itemgetter(sku), seen))) > 0}
        for sku in dict.fromkeys(each.sku for each in draft.stocked if each.sku in short):
            room = self.room.has_room(sku, draft.order.channel_id)
            if room is not None and short[sku] > room:
                line = str(draft.line_of(sku).position - 1)
                possible = demand[sku] - short[sku] + room
                raise InsufficientStock(sku, demand[sku], possible, path=("lines", line, "quantity"))
        there = {sku: left for sku, units in beyond.items() if (left := units - short.get(sku, 0))}
        plan = plan_allocation(there, list(map(Source, self.locations, seen)))
        assert plan.is_complete, "what is short was taken off before"
        for take in plan.takes:
            self.free[take.location_id, take.sku] -= take.units
        draft.plan = first.and_then(plan) if first.takes else plan
        self._let_wait(draft, short)

    def left_of(self, sku: str, sight: Sight) -> int:
        """Units of a SKU that a channel may still promise, at all locations that it sees."""
        return sum(sight.units(place, self.free.get((place, sku), 0)) for place in self.locations)

    def _seen(self, skus: Collection[str], sight: Sight) -> list[dict[str, int]]:
        """Units of these SKUs that a channel may still promise, at each location."""
        free, units = self.free, sight.units
        return [{sku: units(place, free.get((place, sku), 0)) for sku in skus} for place in self.locations]

    def _let_wait(self, draft: Draft, short: Mapping[str, int]) -> None:
        """What the later lines need of a SKU that is short waits; the earlier ones are given what there is."""
        left = dict(short)
        for each in reversed(draft.stocked):
            if units := min(left.get(each.sku, 0), each.required):
                left[each.sku] -= units
                each.allocated, each.waiting = each.allocated - units, units
                draft.waiting.append(self.room.accept(each, units, draft.order.channel_id))


def _offers(drafts: Collection[Draft]) -> dict[str, Offer]:
    """All that may be set aside for these orders, by SKU."""
    found: dict[str, Offer] = {}
    for draft in drafts:
        for each in draft.stocked:
            found[each.sku] = draft.needed[each.id]
        for each in draft.replaceable:
            found |= {other.sku: other for other in draft.needed[each.id].substitutes}
    return found


def _lacking(drafts: Collection[Draft], offers: Mapping[str, Offer], shelf: Shelf) -> set[UUID]:
    """The variants that may have to wait: sold without stock, and short when all these orders are taken."""
    patient = {sku for sku, offer in offers.items() if offer.backorder_policy != BackorderPolicy.DENY}
    if not patient:
        return set()
    wanted = Counter[str]()
    for draft in drafts:
        wanted.update(draft.demand)
        for each in draft.replaceable:
            wanted.update({other.sku: each.required for other in draft.needed[each.id].substitutes})
    return {
        offers[sku].variant_id
        for sku in patient
        if wanted[sku] > min(shelf.left_of(sku, draft.sight) for draft in drafts)
    }


def _send_substitutes(draft: Draft, shelf: Shelf, held: Units) -> None:
    """Replace what cannot be promised in full, where the buyer accepts it, by the first substitute that can.

    What nothing may replace is served first.
    """
    if not draft.replaceable:
        return
    replaceable = {each.id for each in draft.replaceable}
    claimed, kept = Counter[str](), Counter[str]()
    for (_, sku), units in held.items():
        kept[sku] += units
    for each in draft.stocked:
        claimed[each.sku] += 0 if each.id in replaceable else each.required
    for each in draft.replaceable:
        offer = draft.needed[each.id]
        fits = (
            one
            for one in (offer, *offer.substitutes)
            if claimed[one.sku] + each.required <= kept[one.sku] + shelf.left_of(one.sku, draft.sight)
        )
        draft.replace(each, next(fits, offer))
        claimed[each.sku] += each.required

"""What a channel can promise: of the locations that it sees, less its buffers, now and by date."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.catalog.models import ComponentRow, Composition, VariantRow
from domain.channels.models import ChannelLocationRow, ChannelRow
from domain.flows.adjust_stock import AdjustStock, adjust_stock
from domain.flows.availability import Available, what_is_available
from domain.flows.expect_supply import CloseSupply, NewTime, RescheduleSupply, close_supply, reschedule_supply
from domain.flows.keep_channels import SeenLocation, SetChannelLocations, set_channel_locations
from domain.kernel.actor import ANONYMOUS, Actor, Role, customer, staff
from domain.kernel.errors import DomainError, InvalidInput, NotFound, PermissionDenied, Unauthenticated
from domain.kernel.ids import new_id
from domain.locations.models import LocationRow
from domain.stock.models import StockLevelRow
from domain.transfers.models import TransferLineRow, TransferRow
from server.database import Database
from tests.domain.shop import ADMIN, CHANNEL, dump, level, open_shop, place, run
from tests.flows.supplying import draft, expect, receive

# Far enough from any clock that tests run by.
SPRING = datetime(2126, 3, 1, tzinfo=UTC)
SUMMER, AUTUMN = SPRING + timedelta(days=100), SPRING + timedelta(days=200)
PAST = datetime(2020, 1, 1, tzinfo=UTC)


async def sees(buffers: Mapping[UUID, int]) -> None:
    """The channel sees these locations, and leaves so many units alone there."""
    channel = await ChannelRow.get(code=CHANNEL)
    seen = tuple(SeenLocation(place, units) for place, units in buffers.items())
    await run(set_channel_locations, SetChannelLocations(channel.id, seen))


async def available(*skus: str, actor: Actor = ADMIN) -> list[Available]:
    found = await what_is_available(actor, CHANNEL, skus)
    assert found is not None
    return found


async def now(sku: str) -> int | None:
    """Units of it that the channel can promise now."""
    [found] = await available(sku)
    return found.steps[0].available if found.steps else None


async def by_date(sku: str) -> Sequence[tuple[datetime | None, int]]:
    """What it can promise: None for now, then the moments at which that changes."""
    [found] = await available(sku)
    assert found.steps
    first, *later = found.steps
    return [(None, first.available), *((each.at, each.available) for each in later)]


async def at_locations(sku: str) -> list[tuple[str, int]]:
    [found] = await available(sku)
    return [(each.location.code, each.available) for each in found.locations]


async def make_bundle(whole: str, parts: Mapping[str, int]) -> None:
    """From now on the SKU is sold as one and sent as these."""
    await VariantRow.filter(sku=whole).update(composition=Composition.BUNDLE)
    bundle = await VariantRow.get(sku=whole)
    for n, (sku, units) in enumerate(parts.items(), 1):
        part = await VariantRow.get(sku=sku)
        await ComponentRow.create(whole_id=bundle.id, part_id=part.id, position=n, units=units)


async def test_a_channel_that_names_no_location_sees_all_that_take_work(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 3, 2), "TEE": (1,)})
    await place({"MUG": 4})
    assert [(each.sku, each.steps and each.steps[0].available) for each in await available("TEE", "MUG")] == [
        ("TEE", 1),
        ("MUG", 6),
    ]
    assert await at_locations("MUG") == [("north", 1), ("south", 3), ("west", 2)]
    await LocationRow.filter(id=shop.south).update(is_active=False)
    assert (await now("MUG"), await at_locations("MUG")) == (3, [("north", 1), ("west", 2)])


async def test_a_channel_sees_the_locations_that_it_names_less_its_buffers(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 3, 2)})
    await sees({shop.north: 2, shop.west: 4})
    assert (await now("MUG"), await at_locations("MUG")) == (3, [("north", 3)])
    await sees({shop.south: 0})
    assert (await now("MUG"), await at_locations("MUG")) == (3, [("south", 3)])
    await sees({})
    assert await now("MUG") == 10


async def test_a_channel_that_sees_no_location_with_stock_can_promise_nothing(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    await sees({shop.west: 0})
    assert (await by_date("MUG"), await at_locations("MUG")) == ([(None, 0)], [])
    assert await now("CAP") == 0, "a SKU that no location ever had"


async def test_what_suppliers_will_bring_counts_from_the_day_on_which_it_should_arrive(database: Database) -> None:
    shop = await open_shop({"MUG": (5, 3)})
    await expect(shop.north, {"MUG": 10}, expected_at=SUMMER)
    await expect(shop.south, {"MUG": 4}, expected_at=SPRING)
    await draft(shop.north, {"MUG": 100}, expected_at=SPRING)
    await expect(shop.north, {"MUG": 100})
    await expect(shop.north, {"MUG": 100}, expected_at=PAST)
    assert await by_date("MUG") == [(None, 8), (SPRING, 12), (SUMMER, 22)]
    await sees({shop.north: 6})
    assert await by_date("MUG") == [(None, 0), (SUMMER, 9)]


async def test_another_time_moves_the_step_and_what_has_arrived_or_will_not_makes_none(database: Database) -> None:
    shop = await open_shop({"MUG": (5,)})
    supply_id = await expect(shop.north, {"MUG": 10, "TEE": 2}, expected_at=SUMMER)
    assert await by_date("MUG") == [(None, 5), (SUMMER, 15)]
    await run(reschedule_supply, RescheduleSupply(supply_id, AUTUMN))
    assert (await by_date("MUG"), await by_date("TEE")) == ([(None, 5), (AUTUMN, 15)], [(None, 0), (AUTUMN, 2)])
    await run(reschedule_supply, RescheduleSupply(supply_id, lines=(NewTime("MUG", SPRING),)))
    assert (await by_date("MUG"), await by_date("TEE")) == ([(None, 5), (SPRING, 15)], [(None, 0), (AUTUMN, 2)])
    await receive(supply_id, {"MUG": 4})
    assert await by_date("MUG") == [(None, 9), (SPRING, 15)]
    await run(close_supply, CloseSupply(supply_id))
    assert (await by_date("MUG"), await by_date("TEE")) == ([(None, 9)], [(None, 0)])


async def test_what_waits_or_is_missing_is_made_good_by_what_arrives_before_anybody_is_promised_more(
    database: Database,
) -> None:
    shop = await open_shop({"MUG": (5,)})
    await place({"MUG": 5})
    await run(adjust_stock, AdjustStock("MUG", shop.north, -2))
    mug = await level("MUG", shop.north)
    await StockLevelRow.filter(id=mug.id).update(waiting=3)
    await expect(shop.north, {"MUG": 4}, expected_at=SPRING)
    await expect(shop.north, {"MUG": 6}, expected_at=SUMMER)
    assert await by_date("MUG") == [(None, 0), (SUMMER, 5)]


async def test_a_transfer_on_its_way_counts_where_it_arrives_whether_its_source_is_seen_or_not(
    database: Database,
) -> None:
    shop = await open_shop({"MUG": (5, 3)})
    variant = await VariantRow.get(sku="MUG")
    transfer = await TransferRow.create(
        number="T-1",
        source_id=shop.west,
        destination_id=shop.north,
        status="IN_TRANSIT",
        expected_at=SPRING,
        created_by="staff:ada",
        created_at=PAST,
    )
    await TransferLineRow.create(
        transfer_id=transfer.id, variant_id=variant.id, sku="MUG", quantity=9, dispatched=9, received=2, written_off=1
    )
    assert await by_date("MUG") == [(None, 8), (SPRING, 14)]
    await sees({shop.north: 0})
    assert await by_date("MUG") == [(None, 5), (SPRING, 11)]
    await sees({shop.south: 0, shop.west: 0})
    assert await by_date("MUG") == [(None, 3)]


async def test_a_bundle_is_as_many_as_its_scarcest_component_allows_over_all_locations(database: Database) -> None:
    shop = await open_shop({"MUG": (3, 5), "CAP": (1, 1, 1)})
    await make_bundle("TEE", {"MUG": 2, "CAP": 1, "EBOOK": 1})
    assert await now("TEE") == 3
    assert await at_locations("TEE") == [("north", 1), ("south", 1)], "west could send none whole"
    await expect(shop.west, {"CAP": 5}, expected_at=SPRING)
    await expect(shop.west, {"MUG": 1, "TEE": 50}, expected_at=SUMMER)
    assert await by_date("TEE") == [(None, 3), (SPRING, 4)]
    await sees({shop.north: 0, shop.south: 1})
    assert await by_date("TEE") == [(None, 1)]


async def test_what_is_not_counted_is_never_short(database: Database) -> None:
    await open_shop()
    await make_bundle("TEE", {"EBOOK": 1, "FITTING": 2})
    assert [(each.sku, each.steps, each.locations) for each in await available("EBOOK", "TEE")] == [
        ("EBOOK", None, ()),
        ("TEE", None, ()),
    ]


async def test_a_bundle_without_components_can_not_be_promised(database: Database) -> None:
    await open_shop({"TEE": (5,)})
    await make_bundle("TEE", {})
    assert await by_date("TEE") == [(None, 0)]


async def test_what_is_not_on_sale_to_whoever_asks_is_left_out(database: Database) -> None:
    await open_shop({"MUG": (5,), "TEE": (5,)})
    await VariantRow.filter(sku="TEE").update(is_active=False)
    asked = ("TEE", "NOPE", "MUG", "MUG")
    assert [each.sku for each in await available(*asked)] == ["TEE", "MUG"]
    assert [each.sku for each in await available(*asked, actor=customer(new_id()))] == ["MUG"]
    assert await what_is_available(ADMIN, "nowhere", ["MUG"]) is None
    with pytest.raises(Unauthenticated):
        await available("MUG", actor=ANONYMOUS)


async def test_the_locations_that_a_channel_sees_take_the_place_of_those_before(database: Database) -> None:
    shop = await open_shop()
    await sees({shop.north: 2, shop.south: 0})
    await sees({shop.south: 5, shop.west: 1})
    rows = await ChannelLocationRow.all().values_list("location_id", "buffer_units")
    assert sorted(rows) == sorted([(shop.south, 5), (shop.west, 1)])


async def test_locations_that_no_channel_can_see_are_refused_and_nothing_is_written(database: Database) -> None:
    shop = await open_shop()
    await sees({shop.north: 2})
    channel, before = await ChannelRow.get(code=CHANNEL), await dump()
    twice = (SeenLocation(shop.north), SeenLocation(shop.north, 1))
    cases: list[tuple[UUID, tuple[SeenLocation, ...], type[DomainError], tuple[str, ...]]] = [
        (new_id(), (), NotFound, ()),
        (channel.id, (SeenLocation(new_id()),), NotFound, ("locations", "0", "location")),
        (channel.id, twice, InvalidInput, ("locations", "1", "location")),
        (channel.id, (SeenLocation(shop.north, -1),), InvalidInput, ("locations", "0", "bufferUnits")),
        (channel.id, (SeenLocation(shop.north),) * 101, InvalidInput, ("locations",)),
    ]
    for channel_id, seen, kind, path in cases:
        with pytest.raises(kind) as refused:
            await run(set_channel_locations, SetChannelLocations(channel_id, seen))
        assert refused.value.path == path
    with pytest.raises(PermissionDenied):
        await run(set_channel_locations, SetChannelLocations(channel.id, ()), actor=staff("wim", Role.WAREHOUSE))
    assert await dump() == before

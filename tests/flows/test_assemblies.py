"""Assemblies: components become kits, every counter of both, and what is refused."""

from domain.assemblies.models import AssemblyLineRow, AssemblyRow
from domain.catalog.errors import UnknownSku
from domain.flows.adjust_stock import AdjustStock, adjust_stock
from domain.flows.plan_assembly import PlanAssembly, plan_assembly
from domain.kernel.actor import Role, staff
from domain.kernel.errors import InvalidInput, NotFound, PermissionDenied, Refusals
from domain.kernel.ids import new_id
from domain.kernel.models import JobRow
from domain.locations.models import LocationRow
from domain.stock import service as stock
from domain.stock.errors import InsufficientStock
from domain.stock.models import MovementCause
from server.database import Database
from tests.domain.books import assert_books_balance
from tests.domain.moves import (
    cancel_kits,
    counters,
    declare_kit,
    kits_status,
    ledger,
    make_kits,
    plan_kits,
    refusal,
    release_kits,
)
from tests.domain.shop import RUNNER, Shop, column, dump, level, open_shop, place, run


async def open_with_kits(stock: dict[str, tuple[int, ...]]) -> Shop:
    """A shop in which a CAP is a kit of two mugs and a tee."""
    shop = await open_shop(stock)
    await declare_kit("CAP", {"MUG": 2, "TEE": 1})
    return shop


async def lines(assembly: object) -> list[tuple[str, int, int, int]]:
    rows = AssemblyLineRow.filter(assembly_id=assembly).order_by("sku")
    return await rows.values_list("sku", "units_per_kit", "allocated", "used")


async def test_a_plan_keeps_what_a_kit_consists_of_and_sets_nothing_aside(database: Database) -> None:
    shop = await open_with_kits({"MUG": (1,)})
    assembly = await plan_kits("CAP", shop.north, 3)
    row = await AssemblyRow.get(id=assembly)
    assert (row.status, row.sku, row.quantity, row.made, row.created_by) == ("DRAFT", "CAP", 3, 0, "staff:ada")
    assert row.number.startswith("A-")
    assert await lines(assembly) == [("MUG", 2, 0, 0), ("TEE", 1, 0, 0)]
    assert await counters("MUG", shop.north) == {"on_hand": 1}
    assert await ledger(assembly) == []


async def test_release_sets_the_components_aside_at_that_location(database: Database) -> None:
    shop = await open_with_kits({"MUG": (9, 9), "TEE": (4, 4)})
    assembly = await release_kits(await plan_kits("CAP", shop.south, 3))
    assert await counters("MUG", shop.south) == {"on_hand": 9, "allocated": 6}
    assert await counters("TEE", shop.south) == {"on_hand": 4, "allocated": 3}
    assert await counters("MUG", shop.north) == {"on_hand": 9}
    assert await lines(assembly) == [("MUG", 2, 6, 0), ("TEE", 1, 3, 0)]
    assert await ledger(assembly) == [
        ("MUG", "ALLOCATED", {"allocated": 6}),
        ("TEE", "ALLOCATED", {"allocated": 3}),
    ]
    await assert_books_balance()


async def test_release_is_all_or_nothing_and_names_each_component_that_is_short(database: Database) -> None:
    shop = await open_with_kits({"MUG": (5, 90), "TEE": (3,)})
    short = await plan_kits("CAP", shop.north, 3)
    one = await refusal(release_kits(short))
    assert isinstance(one, InsufficientStock)
    assert (one.sku, one.requested, one.available) == ("MUG", 6, 5)
    both = await refusal(release_kits(await plan_kits("CAP", shop.north, 4)))
    assert isinstance(both, Refusals)
    assert [(each.sku, each.available) for each in both.errors] == [("MUG", 5), ("TEE", 3)]  # type: ignore[attr-defined]


async def test_components_become_kits(database: Database) -> None:
    shop = await open_with_kits({"MUG": (7,), "TEE": (3,), "CAP": (1,)})
    assembly = await make_kits(await release_kits(await plan_kits("CAP", shop.north, 3)))
    assert await counters("MUG", shop.north) == {"on_hand": 1}
    assert await counters("TEE", shop.north) == {}
    assert await counters("CAP", shop.north) == {"on_hand": 4}
    assert await lines(assembly) == [("MUG", 2, 0, 6), ("TEE", 1, 0, 3)]
    assert (await ledger(assembly))[2:] == [
        ("MUG", "ASSEMBLED", {"on_hand": -6, "allocated": -6}),
        ("TEE", "ASSEMBLED", {"on_hand": -3, "allocated": -3}),
        ("CAP", "ASSEMBLED", {"on_hand": 3}),
    ]
    row = await AssemblyRow.get(id=assembly)
    assert (row.status, row.made, row.ended_at is not None) == ("COMPLETED", 3, True)
    await place({"CAP": 4})
    await assert_books_balance()


async def test_fewer_kits_than_planned_free_the_components_that_were_not_needed(database: Database) -> None:
    shop = await open_with_kits({"MUG": (7,), "TEE": (3,)})
    assembly = await make_kits(await release_kits(await plan_kits("CAP", shop.north, 3)), 1)
    assert await counters("MUG", shop.north) == {"on_hand": 5}
    assert await counters("TEE", shop.north) == {"on_hand": 2}
    assert await counters("CAP", shop.north) == {"on_hand": 1}
    assert await lines(assembly) == [("MUG", 2, 0, 2), ("TEE", 1, 0, 1)]
    assert (await ledger(assembly))[2:] == [
        ("MUG", "ASSEMBLED", {"on_hand": -2, "allocated": -2}),
        ("MUG", "DEALLOCATED", {"allocated": -4}),
        ("TEE", "ASSEMBLED", {"on_hand": -1, "allocated": -1}),
        ("TEE", "DEALLOCATED", {"allocated": -2}),
        ("CAP", "ASSEMBLED", {"on_hand": 1}),
    ]
    assert (await AssemblyRow.get(id=assembly)).made == 1
    await assert_books_balance()


async def test_new_kits_are_given_to_whoever_waits_for_them(database: Database) -> None:
    shop = await open_with_kits({"MUG": (2,), "TEE": (1,), "CAP": (1,)})
    shelf = await level("CAP", shop.north)
    await run(accept_to_wait, shelf.id)
    await make_kits(await release_kits(await plan_kits("CAP", shop.north, 1)))
    assert {"level_id": shelf.id.hex} in await column(JobRow.filter(kind="fill_backorders"), "payload")


async def accept_to_wait(tx: object, level_id: object) -> object:
    """Demand for two units is accepted without stock."""
    await stock.move(tx, [stock.Movement(level_id, MovementCause.BACKORDERED, waiting=2)])  # type: ignore[arg-type]
    return level_id


async def test_cancel_frees_the_components(database: Database) -> None:
    shop = await open_with_kits({"MUG": (7,), "TEE": (3,)})
    draft = await cancel_kits(await plan_kits("CAP", shop.north, 9))
    assert (await kits_status(draft), await ledger(draft)) == ("CANCELED", [])
    assembly = await cancel_kits(await release_kits(await plan_kits("CAP", shop.north, 3)))
    assert await counters("MUG", shop.north) == {"on_hand": 7}
    assert await lines(assembly) == [("MUG", 2, 0, 0), ("TEE", 1, 0, 0)]
    assert (await ledger(assembly))[2:] == [
        ("MUG", "DEALLOCATED", {"allocated": -6}),
        ("TEE", "DEALLOCATED", {"allocated": -3}),
    ]
    await assert_books_balance()


async def test_components_that_a_count_did_not_find_cannot_become_kits(database: Database) -> None:
    shop = await open_with_kits({"MUG": (6,), "TEE": (3,)})
    assembly = await release_kits(await plan_kits("CAP", shop.north, 3))
    await run(adjust_stock, AdjustStock("MUG", shop.north, -3))
    refused = await refusal(make_kits(assembly))
    assert isinstance(refused, InsufficientStock)
    assert (refused.sku, refused.requested, refused.available) == ("MUG", 6, 3)
    await make_kits(assembly, 1)
    assert await counters("MUG", shop.north) == {"on_hand": 1}
    await assert_books_balance()


async def test_where_books_may_go_below_zero_kits_are_made_all_the_same(database: Database) -> None:
    shop = await open_with_kits({"MUG": (6,), "TEE": (3,)})
    assembly = await release_kits(await plan_kits("CAP", shop.north, 3))
    await run(adjust_stock, AdjustStock("MUG", shop.north, -3))
    await LocationRow.filter(id=shop.north).update(allows_negative_on_hand=True)
    await make_kits(assembly)
    assert await counters("MUG", shop.north) == {"on_hand": -3}
    assert await counters("CAP", shop.north) == {"on_hand": 3}


async def test_kits_are_made_once_a_key(database: Database) -> None:
    shop = await open_with_kits({"MUG": (6,), "TEE": (3,)})
    assembly = await release_kits(await plan_kits("CAP", shop.north, 3))
    assert await make_kits(assembly, 2, key="a") == assembly
    before = await dump()
    assert await make_kits(assembly, 2, key="a") == assembly
    assert await dump() == before


async def test_what_can_never_be_made_is_refused(database: Database) -> None:
    shop = await open_with_kits({"MUG": (6,), "TEE": (3,)})
    assembly = await release_kits(await plan_kits("CAP", shop.north, 3))
    await declare_kit("TEE", {})
    refused = [
        await refusal(make_kits(assembly, 4)),
        await refusal(make_kits(assembly, 0)),
        await refusal(plan_kits("CAP", shop.north, 0)),
        await refusal(plan_kits("MUG", shop.north, 1)),
        await refusal(plan_kits("TEE", shop.north, 1)),
        await refusal(plan_kits("NOPE", shop.north, 1)),
        await refusal(plan_kits("CAP", new_id(), 1)),
        await refusal(run(plan_assembly, PlanAssembly("CAP", shop.north, 1, "x" * 301))),
        await refusal(release_kits(new_id())),
    ]
    assert [(type(each), each.path) for each in refused] == [
        (InvalidInput, ("made",)),
        (InvalidInput, ("made",)),
        (InvalidInput, ("quantity",)),
        (InvalidInput, ("sku",)),
        (InvalidInput, ("sku",)),
        (UnknownSku, ("sku",)),
        (NotFound, ("location",)),
        (InvalidInput, ("note",)),
        (NotFound, ()),
    ]
    assert refused[3].message == "MUG is not a kit: only kits are made out of components."


async def test_more_components_than_any_location_holds_are_refused_when_it_is_planned(database: Database) -> None:
    shop = await open_shop({"MUG": (6,)})
    await declare_kit("CAP", {"MUG": 1001})
    refused = await refusal(plan_kits("CAP", shop.north, 1_000_000))
    assert (type(refused), refused.path) == (InvalidInput, ("quantity",))


async def test_assemblies_are_for_whoever_may_adjust_stock(database: Database) -> None:
    shop = await open_with_kits({"MUG": (6,)})
    request = PlanAssembly("CAP", shop.north, 1)
    refused = await refusal(RUNNER.run(plan_assembly, staff("sam", Role.SUPPORT), request))
    assert isinstance(refused, PermissionDenied)
    assert (await RUNNER.run(plan_assembly, staff("wim", Role.WAREHOUSE), request)).value

"""The verbs of transfers and assemblies are answered with the same bytes both ways, and carried out once."""

from domain.assemblies.models import AssemblyRow
from domain.transfers.models import TransferRow
from schema.compiled import Reason
from server.database import Database
from tests.builders import WAREHOUSE, Shop, location_id, open_shop
from tests.compiled.test_mutations import ROUNDS, Counter, counter
from tests.domain.books import assert_books_balance
from tests.domain.moves import declare_kit


async def new_transfer(at: Counter, shop: Shop) -> dict[str, str]:
    ends = {"source": location_id(shop.ber), "destination": location_id(shop.ham)}
    await at.both(WAREHOUSE, "transferCreate", **ends, lines=[{"sku": "MUG", "quantity": 1}])
    [row] = await TransferRow.all().order_by("-id").limit(1)
    return {"transfer": f"transfer_{row.id.hex}"}


async def new_assembly(at: Counter, shop: Shop) -> dict[str, str]:
    await at.both(WAREHOUSE, "assemblyCreate", sku="SET", location=location_id(shop.ber), quantity=2)
    [row] = await AssemblyRow.all().order_by("-id").limit(1)
    return {"assembly": f"assembly_{row.id.hex}"}


async def move_goods(at: Counter, shop: Shop) -> None:
    """Two transfers, of which one arrives in part and one is called off; and two assemblies, of which one is made."""
    sent, unwanted = await new_transfer(at, shop), await new_transfer(at, shop)
    lines = [{"sku": "MUG", "quantity": 4}, {"sku": "PEN", "quantity": 2}]
    await at.both(WAREHOUSE, "transferSetLines", **sent, lines=lines)
    await at.both(WAREHOUSE, "transferRelease", **sent)
    await at.both(WAREHOUSE, "transferDispatch", **sent, lines=lines[:1])
    await at.both(WAREHOUSE, "transferReceive", **sent, lines=[{"sku": "MUG", "quantity": 3, "damaged": 1}])
    await at.both(WAREHOUSE, "transferWriteOff", **sent, note="Fell off.")
    await at.both(WAREHOUSE, "transferCancel", **unwanted)
    made, called_off = await new_assembly(at, shop), await new_assembly(at, shop)
    await at.both(WAREHOUSE, "assemblyRelease", **made)
    await at.both(WAREHOUSE, "assemblyComplete", **made, made=1)
    await at.both(WAREHOUSE, "assemblyCancel", **called_off)


async def test_every_verb_of_moving_goods_is_answered_with_the_same_bytes_both_ways(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 500, "PEN": 500})
    await declare_kit("SET", {"MUG": 1, "PEN": 3})
    for seed in range(ROUNDS):
        async with counter(database, seed) as at:
            await move_goods(at, shop)
            assert len(at.documents) == 11
            known, asked = at.writes.answered, at.keys
            await move_goods(at, shop)
            refused = at.writes.fallbacks[Reason.REFUSED]
            assert at.writes.answered - known + refused >= 2 * (at.keys - asked)
            assert set(at.writes.fallbacks) <= {Reason.KIND, Reason.REFUSED}
    await assert_books_balance()

"""Asking whether stock adds up, and having it repaired, in the words of the schema."""

from typing import Any

from domain.kernel.actor import ANONYMOUS
from domain.kernel.ids import global_id
from domain.stock.models import StockMovementRow
from server.database import Database
from tests.builders import SUPPORT, WAREHOUSE, ask, call, denied, execute, location_id, open_shop, place, refused
from tests.domain.corruption import drift
from tests.domain.shop import dump, level

SHOWN = "levels differenceCount lastLevelId"
DIFFERENCES = "differences { sku figure counter ledger documents levelId locationId orderId }"


async def spoilt() -> tuple[str, str]:
    """A shop with one counter that drifted: the ids of its level and location."""
    shop = await open_shop(ber={"MUG": 5, "TEE": 2})
    await place(MUG=2)
    mug = await level("MUG", shop.ber)
    await drift(mug.id, allocated=1)
    return global_id("stock_level", mug.id), location_id(mug.location_id)


def one(level_key: str, place_key: str) -> dict[str, Any]:
    return {
        "sku": "MUG",
        "figure": "ALLOCATED",
        "counter": 1,
        "ledger": 2,
        "documents": 2,
        "levelId": level_key,
        "locationId": place_key,
        "orderId": None,
    }


async def test_staff_see_what_does_not_add_up(database: Database) -> None:
    named = await spoilt()
    told = await ask(SUPPORT, f"{{ stockConsistency {{ {SHOWN} {DIFFERENCES} checkedAt }} }}")
    checked = told["stockConsistency"]
    assert checked.pop("checkedAt").endswith("Z")
    assert checked == {"levels": 2, "differenceCount": 1, "lastLevelId": None, "differences": [one(*named)]}


async def test_a_check_goes_on_behind_the_last_level(database: Database) -> None:
    await spoilt()
    query = f"query ($after: ID) {{ stockConsistency(levels: 1, after: $after) {{ {SHOWN} }} }}"
    first = (await ask(SUPPORT, query))["stockConsistency"]
    assert first["levels"] == 1
    rest = (await ask(SUPPORT, query, after=first["lastLevelId"]))["stockConsistency"]
    assert (rest["levels"], rest["lastLevelId"]) == (1, None)
    assert first["differenceCount"] + rest["differenceCount"] == 1


async def test_a_repair_says_how_much_and_what_is_left_and_a_replay_says_the_same(database: Database) -> None:
    level_key, _ = await spoilt()
    shown = f"repaired consistency {{ {SHOWN} {DIFFERENCES} }}"
    clean: dict[str, Any] = {"levels": 2, "differenceCount": 0, "lastLevelId": None, "differences": []}
    for is_replay in (False, True):
        done = await call(WAREHOUSE, "stockReconcile", shown, idempotencyKey="tonight")
        assert done == {"repaired": 1, "consistency": clean, "errors": [], "replayed": is_replay}
    query = "query ($id: ID!) { node(id: $id) { ... on StockLevel { allocated movements { nodes { cause note } } } } }"
    shelf = (await ask(SUPPORT, query, id=level_key))["node"]
    assert shelf["allocated"] == 2
    assert shelf["movements"]["nodes"][0] == {"cause": "RECONCILED", "note": "Counters set: allocated 1 to 2."}


async def test_a_dry_run_says_what_would_be_repaired_and_writes_nothing(database: Database) -> None:
    named = await spoilt()
    before = await dump()
    shown = f"repaired consistency {{ {DIFFERENCES} }}"
    told = await call(WAREHOUSE, "stockReconcile", shown, dryRun=True, location=named[1])
    assert told == {"repaired": 0, "consistency": {"differences": [one(*named)]}, "errors": [], "replayed": False}
    assert await dump() == before


async def test_what_cannot_be_checked_or_repaired_is_refused(database: Database) -> None:
    await spoilt()
    assert await denied(SUPPORT, "stockReconcile") == ["PermissionDenied"]
    assert await denied(ANONYMOUS, "stockReconcile") == ["Unauthenticated"]
    [unknown] = await refused(WAREHOUSE, "stockReconcile", sku="NOTHING")
    assert (unknown["code"], unknown["path"]) == ("UNKNOWN_SKU", ["sku"])
    [malformed] = await refused(WAREHOUSE, "stockReconcile", after="level-1")
    assert (malformed["code"], malformed["path"]) == ("MALFORMED_ID", ["after"])
    [too_many] = await refused(WAREHOUSE, "stockReconcile", levels=10_001)
    assert (too_many["code"], too_many["path"]) == ("INVALID_INPUT", ["levels"])
    assert await StockMovementRow.filter(cause="RECONCILED").count() == 0
    for arguments, actor, code in (
        ("", ANONYMOUS, "UNAUTHENTICATED"),
        ('(sku: "NOTHING")', SUPPORT, "BAD_REQUEST"),
        ('(location: "north")', SUPPORT, "BAD_REQUEST"),
        ("(levels: 0)", SUPPORT, "BAD_REQUEST"),
    ):
        answer = await execute(actor, f"{{ stockConsistency{arguments} {{ levels }} }}")
        [error] = answer.errors
        assert error.extensions == {"code": code}

"""The verbs that tell facts from the floor, in the words of the schema, and what they refuse."""

from typing import Any

from server.database import Database
from tests.builders import ADMIN, SUPPORT, WAREHOUSE, ask, denied, do, location_id, open_shop, place, refused
from tests.domain.books import assert_books_balance

SHOWN = "stockLevel { onHand damaged quarantined available }"


async def test_units_are_damaged_repaired_quarantined_cleared_and_disposed_of(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 10})
    where = {"sku": "MUG", "location": location_id(shop.ber)}
    steps: tuple[tuple[str, dict[str, Any], tuple[int, ...]], ...] = (
        ("stockDamage", {"quantity": 3}, (10, 3, 0, 7)),
        ("stockRepair", {"quantity": 1}, (10, 2, 0, 8)),
        ("stockQuarantine", {"quantity": 4}, (10, 2, 4, 4)),
        ("stockClear", {"quantity": 1}, (10, 2, 3, 5)),
        ("stockDispose", {"quantity": 2, "state": "DAMAGED"}, (8, 0, 3, 5)),
        ("stockDispose", {"quantity": 3, "state": "QUARANTINED"}, (5, 0, 0, 5)),
    )
    for n, (verb, given, left) in enumerate(steps):
        done = await do(WAREHOUSE, verb, SHOWN, idempotencyKey=f"k{n}", **where, **given)
        assert tuple(done["stockLevel"].values()) == left
    for verb, more in (("stockRepair", {}), ("stockClear", {}), ("stockDispose", {"state": "DAMAGED"})):
        [error] = await refused(WAREHOUSE, verb, idempotencyKey="no", quantity=1, **where, **more)
        assert (error["code"], error["path"]) == ("NOT_SET_ASIDE", ["quantity"])
    assert await denied(SUPPORT, "stockDamage", idempotencyKey="no", quantity=1, **where) == ["PermissionDenied"]
    await assert_books_balance()


async def test_a_receipt_of_the_till_counts_once(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 10, "TEE": 5})
    given: dict[str, Any] = {"location": location_id(shop.ber), "receipt": "R-1"}
    given["lines"] = [{"sku": "MUG", "quantity": 2}, {"sku": "TEE", "quantity": 1}]
    shown = "location { stock { nodes { sku onHand } } }"
    for key, is_replay in (("a", False), ("b", False), ("a", True)):
        done = await do(WAREHOUSE, "stockRecordTillSale", shown, idempotencyKey=key, **given)
        assert done["location"]["stock"]["nodes"] == [{"sku": "MUG", "onHand": 8}, {"sku": "TEE", "onHand": 4}]
        assert done["replayed"] is is_replay
    [error] = await refused(WAREHOUSE, "stockRecordTillSale", idempotencyKey="c", **(given | {"lines": []}))
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["lines"])
    given["lines"] = [{"sku": "NOPE", "quantity": 1}]
    [error] = await refused(WAREHOUSE, "stockRecordTillSale", idempotencyKey="c", **given)
    assert (error["code"], error["path"]) == ("UNKNOWN_SKU", ["lines", "0", "sku"])


async def test_many_are_corrected_or_counted_at_once_or_none(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 10, "TEE": 5})
    where, shown = {"location": location_id(shop.ber)}, "location { stock { nodes { onHand } } }"
    rows = [{"sku": "MUG", "delta": -1, "reason": "SAMPLE"}, {"sku": "TEE", "delta": 2, "expectedOnHand": 5}]
    done = await do(WAREHOUSE, "stockAdjustMany", shown, idempotencyKey="a", rows=rows, **where)
    assert done["location"]["stock"]["nodes"] == [{"onHand": 9}, {"onHand": 7}]
    counts = [{"sku": "MUG", "counted": 4, "expectedOnHand": 9}, {"sku": "TEE", "counted": 4, "expectedOnHand": 5}]
    [error] = await refused(WAREHOUSE, "stockCountMany", rows=counts, **where)
    assert (error["code"], error["path"]) == ("STALE_STOCK", ["rows", "1", "expectedOnHand"])
    counts[1]["expectedOnHand"] = 7
    done = await do(WAREHOUSE, "stockCountMany", shown, rows=counts, **where)
    assert done["location"]["stock"]["nodes"] == [{"onHand": 4}, {"onHand": 4}]


async def test_a_snapshot_says_what_it_corrected_and_an_older_one_is_refused(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 10, "TEE": 5})
    rows = [{"sku": "MUG", "onHand": 8}, {"sku": "TEE", "onHand": 5}]
    given = {"location": location_id(shop.ber), "rows": rows, "asOf": "2026-01-01T00:00:00Z"}
    # Before there were any: ten came since.
    shown = "snapshot { rows corrected outdated asOf externalReference location { code } }"
    done = await do(WAREHOUSE, "stockSnapshotApply", shown, externalReference="N-1", **given)
    assert done["snapshot"] == {
        "rows": 2,
        "corrected": 2,
        "outdated": 0,
        "asOf": "2026-01-01T00:00:00.000Z",
        "externalReference": "N-1",
        "location": {"code": "ber"},
    }
    listed = "{ stockSnapshots { nodes { externalReference } totalCount } }"
    assert (await ask(WAREHOUSE, listed))["stockSnapshots"] == {
        "nodes": [{"externalReference": "N-1"}],
        "totalCount": 1,
    }
    assert (await ask(shop.ann, listed))["stockSnapshots"]["nodes"] == []
    [error] = await refused(WAREHOUSE, "stockSnapshotApply", **(given | {"asOf": "2025-12-31T00:00:00Z"}))
    assert (error["code"], error["path"]) == ("STALE_SNAPSHOT", ["asOf"])
    [error] = await refused(WAREHOUSE, "stockSnapshotApply", **(given | {"asOf": "2099-12-31T00:00:00Z"}))
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["asOf"])
    await assert_books_balance()


async def test_lots_serial_numbers_and_marks_are_shown_where_they_are(database: Database) -> None:
    shop = await open_shop()
    await do(
        ADMIN, "variantSetTraceability", "variant { sku }", sku="MUG", traceability="LOT", isFirstExpiredFirstOut=True
    )
    await do(ADMIN, "variantSetTraceability", "variant { sku }", sku="TEE", traceability="SERIAL")
    mug, tee = ({"sku": sku, "location": location_id(shop.ber)} for sku in ("MUG", "TEE"))
    lots = [{"number": "A", "expiresOn": "2099-01-31", "quantity": 2}, {"number": "B", "quantity": 1}]
    shown = "stockLevel { onHand lots { nodes { number expiresOn onHand } } }"
    done = await do(WAREHOUSE, "stockReceive", shown, idempotencyKey="a", quantity=3, lots=lots, **mug)
    assert done["stockLevel"]["lots"]["nodes"] == [
        {"number": "A", "expiresOn": "2099-01-31", "onHand": 2},
        {"number": "B", "expiresOn": None, "onHand": 1},
    ]
    await place(MUG=1)
    [error] = await refused(WAREHOUSE, "stockReceive", idempotencyKey="b", quantity=4, lots=lots, **mug)
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["lots"])
    came = {"idempotencyKey": "c", "quantity": 2, "serialNumbers": ["S-1", "S-2"]} | tee
    shown = "stockLevel { serialNumbers { nodes { number status } } }"
    done = await do(WAREHOUSE, "stockReceive", shown, **came)
    assert {each["number"] for each in done["stockLevel"]["serialNumbers"]["nodes"]} == {"S-1", "S-2"}
    [error] = await refused(WAREHOUSE, "stockReceive", **(came | {"idempotencyKey": "d"}))
    assert (error["code"], error["path"]) == ("SERIAL_NUMBERS_KNOWN", ["serialNumbers"])
    found = '{ serialNumber(sku: "TEE", number: "S-2") { status level { location { code } } variant { sku } } }'
    assert (await ask(WAREHOUSE, found))["serialNumber"] == {
        "status": "ON_HAND",
        "level": {"location": {"code": "ber"}},
        "variant": {"sku": "TEE"},
    }
    assert (await ask(shop.ann, found))["serialNumber"] is None
    done = await do(WAREHOUSE, "stockSetSafety", "stockLevel { safetyStock available }", units=1, **mug)
    assert done["stockLevel"] == {"safetyStock": 1, "available": 1}
    done = await do(WAREHOUSE, "stockSetLowMark", "stockLevel { lowStockAt }", units=5, **mug)
    assert done["stockLevel"] == {"lowStockAt": 5}


async def test_shortages_are_shown_while_they_last_and_afterwards(database: Database) -> None:
    shop = await open_shop(ber={"MUG": 5})
    await place(MUG=4)
    wet = {"sku": "MUG", "location": location_id(shop.ber), "quantity": 3}
    shown = "stockLevel { available shortages { nodes { units isOpen resolvedAt } } }"
    done = await do(WAREHOUSE, "stockDamage", shown, idempotencyKey="a", **wet)
    [shortage] = done["stockLevel"]["shortages"]["nodes"]
    assert shortage == {"units": 2, "isOpen": True, "resolvedAt": None}
    opened = "{ shortages(where: {isOpen: {eq: true}}) { nodes { units level { sku available } } } }"
    assert (await ask(WAREHOUSE, opened))["shortages"]["nodes"] == [
        {"units": 2, "level": {"sku": "MUG", "available": 0}}
    ]
    assert (await ask(shop.ann, opened))["shortages"]["nodes"] == []
    await do(WAREHOUSE, "stockRepair", shown, idempotencyKey="b", **wet)
    assert (await ask(WAREHOUSE, opened))["shortages"]["nodes"] == []

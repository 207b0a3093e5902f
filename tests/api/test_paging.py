"""Lists come in pages that neither skip nor repeat, filtered and ordered as asked, and never without a bound."""

from typing import Any

import pytest

from domain.kernel.ids import global_id
from tests.api import sample_rows as rows
from tests.api.sample_rows import open_shop, sale_id, statements
from tests.api.sample_views import AS_ANN, STAFF, code, data

PAGE = """query ($first: Int! = 20, $after: Cursor, $where: SaleWhere, $orderBy: SaleOrder) {
  sales(first: $first, after: $after, where: $where, orderBy: $orderBy) {
    nodes { number }
    edges { cursor node { number } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""

NEWEST_FIRST = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]  # two share each minute: the id decides


def named(numbers: list[int]) -> list[str]:
    return [f"S-{n:03}" for n in numbers]


async def page(**variables: Any) -> Any:
    return (await data(PAGE, **variables))["sales"]


async def listed(**variables: Any) -> list[str]:
    """The numbers on one page."""
    return [node["number"] for node in (await page(**variables))["nodes"]]


async def walked(first: int, **variables: Any) -> list[str]:
    """The numbers on all pages, one after the other."""
    found: list[str] = []
    after = None
    for _ in range(20):
        part = await page(first=first, after=after, **variables)
        found += [node["number"] for node in part["nodes"]]
        after = part["pageInfo"]["endCursor"]
        if not part["pageInfo"]["hasNextPage"]:
            break
    return found


# -- pages ------------------------------------------------------------------------------------------------------------
async def test_a_list_is_newest_first_when_its_declaration_says_so() -> None:
    async with open_shop():
        assert await listed() == named(NEWEST_FIRST)


@pytest.mark.parametrize("first", [1, 2, 3, 4, 10, 11])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize("field", ["PLACED_AT", "NUMBER", "STATUS", "UNITS"])
async def test_pages_of_any_size_and_ordering_make_the_whole_list(field: str, direction: str, first: int) -> None:
    ordering = {"field": field, "direction": direction}
    async with open_shop():
        whole = await listed(orderBy=ordering)
        assert sorted(whole) == named(list(range(1, 11)))
        assert await walked(first, orderBy=ordering) == whole


async def test_descending_is_ascending_backwards_ties_included() -> None:
    async with open_shop():
        for field in ("PLACED_AT", "NUMBER", "STATUS", "UNITS"):
            up = await listed(orderBy={"field": field, "direction": "ASC"})
            assert await listed(orderBy={"field": field, "direction": "DESC"}) == up[::-1]


async def test_a_row_that_arrives_before_the_page_neither_moves_nor_repeats_the_next_one() -> None:
    async with open_shop():
        first = await page(first=3)
        await rows.SaleRow.filter(id=sale_id(1)).update(placed_at=rows.NOON.replace(hour=20))
        second = await page(first=3, after=first["pageInfo"]["endCursor"])
        assert [node["number"] for node in second["nodes"]] == named([7, 6, 5])


async def test_a_page_says_where_it_lies() -> None:
    async with open_shop():
        first = await page(first=4)
        last = await page(first=6, after=first["pageInfo"]["endCursor"])
        cursors = [edge["cursor"] for edge in last["edges"]]
        assert first["pageInfo"]["hasNextPage"] is True
        assert first["pageInfo"]["hasPreviousPage"] is False
        assert last["pageInfo"] == {
            "hasNextPage": False,
            "hasPreviousPage": True,
            "startCursor": cursors[0],
            "endCursor": cursors[-1],
        }
        assert [edge["node"] for edge in last["edges"]] == last["nodes"]
        assert len(set(cursors)) == 6


async def test_any_cursor_of_a_page_can_be_gone_on_from() -> None:
    async with open_shop():
        third = (await page())["edges"][2]["cursor"]
        assert await listed(first=2, after=third) == named([7, 6])


async def test_an_empty_page_has_no_cursors() -> None:
    async with open_shop():
        empty = await page(where={"number": {"eq": "none"}})
        assert empty == {
            "nodes": [],
            "edges": [],
            "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
        }


async def test_a_page_of_none_still_says_whether_there_is_more() -> None:
    async with open_shop():
        assert (await page(first=0))["pageInfo"]["hasNextPage"] is True
        assert (await page(first=0))["nodes"] == []


async def test_the_total_is_of_all_that_match_and_is_counted_only_when_selected() -> None:
    query = "query ($where: SaleWhere) { sales(first: 1, where: $where) { totalCount nodes { number } } }"
    async with open_shop():
        assert (await data(query))["sales"]["totalCount"] == 10
        assert (await data(query, AS_ANN))["sales"]["totalCount"] == 4
        assert (await data(query, where={"count": {"gt": 6}}))["sales"]["totalCount"] == 4
        with statements() as sent:
            await page()
        assert [each for each in sent if "COUNT" in each] == []


# -- nested pages -----------------------------------------------------------------------------------------------------
NESTED = """query ($first: Int! = 20, $after: Cursor, $orderBy: SaleOrder, $where: SaleWhere) {
  buyers { nodes { sales(first: $first, after: $after, orderBy: $orderBy, where: $where) {
    totalCount nodes { number } pageInfo { hasNextPage endCursor }
  } } }
}"""


async def nested(**variables: Any) -> list[Any]:
    return [buyer["sales"] for buyer in (await data(NESTED, **variables))["buyers"]["nodes"]]


async def test_each_parent_has_its_own_page() -> None:
    async with open_shop():
        ann, bob = await nested(first=2)
        assert [node["number"] for node in ann["nodes"]] == named([9, 7])
        assert [node["number"] for node in bob["nodes"]] == named([8, 6])
        assert (ann["totalCount"], bob["totalCount"]) == (5, 4)
        assert (ann["pageInfo"]["hasNextPage"], bob["pageInfo"]["hasNextPage"]) == (True, True)


async def test_a_nested_page_goes_on_after_its_cursor() -> None:
    async with open_shop():
        ann, _ = await nested(first=2)
        ann, bob = await nested(first=2, after=ann["pageInfo"]["endCursor"])
        assert [node["number"] for node in ann["nodes"]] == named([5, 3])
        assert [node["number"] for node in bob["nodes"]] == named([6, 4])
        assert (ann["totalCount"], bob["totalCount"]) == (5, 4)


async def test_nested_pages_are_filtered_and_ordered() -> None:
    async with open_shop():
        ordering = {"field": "NUMBER", "direction": "ASC"}
        ann, bob = await nested(first=2, orderBy=ordering, where={"count": {"gte": 7}})
        assert [node["number"] for node in ann["nodes"]] == named([7, 9])
        assert [node["number"] for node in bob["nodes"]] == named([8])
        assert (ann["totalCount"], bob["totalCount"]) == (2, 1)


async def test_nested_pages_are_cut_in_one_statement_that_reads_no_more_than_they_show() -> None:
    async with open_shop():
        with statements() as sent:
            await data("{ sales { nodes { parcels(first: 1) { nodes { carrier } } } } }")
        assert len(sent) == 2
        assert 'PARTITION BY "sale_id"' in sent[1]
        assert 'WHERE "place_in_page" <= 2' in sent[1]


async def test_two_pages_of_one_edge_with_other_arguments_are_two_pages() -> None:
    query = """query ($id: ID!) { sale(id: $id) {
      a: parcels(first: 1) { nodes { carrier } } b: parcels(first: 3) { nodes { carrier } } } }"""
    async with open_shop():
        assert await data(query, id=global_id("sale", sale_id(4))) == {
            "sale": {
                "a": {"nodes": [{"carrier": "a"}]},
                "b": {"nodes": [{"carrier": "a"}, {"carrier": "b"}, {"carrier": "c"}]},
            }
        }


# -- limits and refusals ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("first", [-1, 101, 2_000_000_000])
async def test_a_page_out_of_bounds_is_refused_and_nothing_is_read(first: int) -> None:
    async with open_shop():
        with statements() as sent:
            assert await code(PAGE, first=first) == "LIMIT"
        assert sent == []


async def test_a_nested_page_out_of_bounds_is_refused_too() -> None:
    async with open_shop():
        assert await code("{ buyers(first: 1) { nodes { sales(first: 101) { totalCount } } } }") == "LIMIT"


async def test_a_cursor_of_another_list_ordering_or_direction_is_a_bad_request() -> None:
    async with open_shop():
        newest = (await page(first=1))["pageInfo"]["endCursor"]
        buyers = (await data("{ buyers { pageInfo { endCursor } } }"))["buyers"]["pageInfo"]["endCursor"]
        with statements() as sent:
            assert await code(PAGE, after=buyers) == "BAD_REQUEST"
            assert await code(PAGE, after=newest, orderBy={"field": "NUMBER"}) == "BAD_REQUEST"
            assert await code(PAGE, after=newest, orderBy={"field": "PLACED_AT", "direction": "ASC"}) == "BAD_REQUEST"
        assert sent == []


def forged(text: str) -> str:
    return text.encode().hex()


KEY = "0" * 32


@pytest.mark.parametrize(
    ("field", "cursor"),
    [
        ("PLACED_AT", "garbage"),
        ("PLACED_AT", ""),
        ("PLACED_AT", "ff"),
        ("PLACED_AT", forged("sale.placed_at")),
        ("PLACED_AT", forged(f"sale.placed_at|{KEY}|yesterday")),
        ("PLACED_AT", forged(f"sale.placed_at|{KEY}|0001-01-01T00:00:00+14:00")),
        ("PLACED_AT", forged("sale.placed_at|nobody|2026-11-22T12:00:00Z")),
        ("UNITS", forged(f"sale.units|{KEY}|many")),
        ("UNITS", forged(f"sale.units|{KEY}|9223372036854775808")),
        ("STATUS", forged(f"sale.status|{KEY}|LOST")),
        ("NUMBER", forged(f"sale.number|{KEY}|\0")),
    ],
)
async def test_a_forged_cursor_is_a_bad_request_and_nothing_is_read(field: str, cursor: str) -> None:
    async with open_shop():
        with statements() as sent:
            assert await code(PAGE, after=cursor, orderBy={"field": field}) == "BAD_REQUEST"
        assert sent == []


# -- filters ----------------------------------------------------------------------------------------------------------
ANN, BOB = global_id("buyer", rows.ANN), global_id("buyer", rows.BOB)


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ({}, list(range(1, 11))),
        ({"status": {"oneOf": ["DRAFT"]}}, [9]),
        ({"status": {"oneOf": []}}, []),
        ({"number": {"eq": "S" * 500}}, []),
        ({"number": {"startsWith": "S" * 500}}, []),
        ({"number": {"oneOf": ["S-002", "S" * 500]}}, [2]),
        ({"status": {"noneOf": ["CONFIRMED", "CANCELED"]}}, [9]),
        ({"status": {"noneOf": []}}, list(range(1, 11))),
        ({"placedAt": {"gte": "2026-11-22T12:04:00.000004Z"}}, [8, 9, 10]),
        ({"placedAt": {"gt": "2026-11-22T14:04:00.000004+02:00"}}, [10]),
        ({"placedAt": {"lte": "2026-11-22T12:00:00Z"}}, [1]),
        ({"placedAt": {"gt": "2026-11-22T12:00:00Z", "lt": "2026-11-22T12:02:00Z"}}, [2, 3]),
        ({"number": {"eq": "S-004"}}, [4]),
        ({"number": {"oneOf": ["S-004", "S-005", "none"]}}, [4, 5]),
        ({"number": {"startsWith": "S-01"}}, [10]),
        ({"number": {"startsWith": "s-01"}}, []),
        ({"number": {"startsWith": "S_01"}}, []),
        ({"number": {"startsWith": "%"}}, []),
        ({"number": {"startsWith": ""}}, list(range(1, 11))),
        ({"count": {"eq": 3}}, [3]),
        ({"count": {"oneOf": [3, 4]}}, [3, 4]),
        ({"count": {"gte": 9, "lt": 10}}, [9]),
        ({"isGift": {"eq": True}}, [9, 10]),
        ({"isGift": {"eq": False}, "count": {"gt": 7}}, [8]),
        ({"id": {"eq": global_id("sale", sale_id(3))}}, [3]),
        ({"buyer": {"eq": BOB}}, [2, 4, 6, 8]),
        ({"buyer": {"oneOf": [ANN, BOB]}, "count": {"lte": 2}}, [1, 2]),
        ({"AND": [{"count": {"gt": 2}}, {"count": {"lt": 4}}]}, [3]),
        ({"OR": [{"count": {"eq": 2}}, {"count": {"eq": 4}}]}, [2, 4]),
        ({"buyer": {"eq": ANN}, "OR": [{"count": {"lt": 3}}, {"count": {"gt": 8}}]}, [1, 9]),
        ({"OR": [{"AND": [{"count": {"gt": 3}}, {"buyer": {"eq": ANN}}]}, {"number": {"eq": "S-002"}}]}, [2, 5, 7, 9]),
        ({"OR": [{}, {"count": {"eq": 2}}]}, list(range(1, 11))),
        ({"AND": []}, list(range(1, 11))),
    ],
)
async def test_a_filter_leaves_exactly_what_fulfils_it(where: dict[str, Any], numbers: list[int]) -> None:
    async with open_shop():
        assert sorted(await listed(where=where)) == named(numbers)


async def test_a_filter_and_a_cursor_hold_together() -> None:
    async with open_shop():
        where = {"OR": [{"count": {"gt": 5}}, {"isGift": {"eq": True}}]}
        assert await walked(2, where=where) == named([10, 9, 8, 7, 6])


@pytest.mark.parametrize(
    "where",
    [
        {"id": {"eq": "sale_1"}},
        {"id": {"oneOf": [ANN]}},
        {"buyer": {"eq": "garbage"}},
        {"number": {"eq": "a\0b"}},
        {"number": {"startsWith": "\ud800"}},
        {"number": {"oneOf": ["fine", "\0"]}},
        {"status": {"oneOf": None}},
        {"status": None},
        {"placedAt": {"gte": None}},
        {"buyer": {"eq": None}},
        {"OR": []},
        {"OR": None},
    ],
)
async def test_a_filter_that_cannot_mean_anything_is_a_bad_request(where: dict[str, Any]) -> None:
    async with open_shop():
        with statements() as sent:
            assert await code(PAGE, where=where) == "BAD_REQUEST"
        assert sent == []


def deep(levels: int) -> dict[str, Any]:
    where: dict[str, Any] = {"count": {"gt": 0}}
    for _ in range(levels - 1):
        where = {"OR": [where]}
    return where


def wide(conditions: int) -> dict[str, Any]:
    """Each of the alternatives counts, and so does its condition."""
    return {"OR": [{"count": {"eq": n}} for n in range(conditions // 2)]}


async def test_a_filter_within_its_limits_is_answered() -> None:
    async with open_shop():
        assert len(await listed(where=deep(5))) == 10
        assert len(await listed(where=wide(50))) == 10
        assert len(await listed(where={"count": {"oneOf": list(range(100))}})) == 10


@pytest.mark.parametrize("where", [deep(6), wide(52), {"count": {"oneOf": list(range(101))}}])
async def test_a_filter_beyond_its_limits_is_refused_and_nothing_is_read(where: dict[str, Any]) -> None:
    async with open_shop():
        with statements() as sent:
            assert await code(PAGE, STAFF, where=where) == "LIMIT"
        assert sent == []

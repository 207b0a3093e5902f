"""A GraphQL type is a view of a row: what each word shows, to whom, and in how many statements."""

from typing import Any
from uuid import UUID

import pytest
import strawberry
from tortoise.expressions import Q

from domain.kernel import actor
from schema.views import (
    Connection,
    Node,
    Reader,
    broken_edges,
    column,
    computed,
    connection,
    enum_of,
    exists,
    lookup,
    money,
    one,
    undeclared_fields,
    undescribed,
    view_of,
)
from tests.api import sample_rows as rows
from tests.api.sample_rows import SaleStatus, numbered, open_shop, sale_id, statements
from tests.api.sample_views import AS_ANN, CONFIG, SCHEMA, STAFF, Context, Parcel, Sale, SaleEvent, code, data


@strawberry.type
class Hidden:
    plain: str

    @strawberry.field
    async def slow(self) -> str:
        return "read from somewhere"


@view_of(rows.BuyerRow, visible=rows.visible_buyers)
class BrokenBuyer(Node):
    """Its edges lead nowhere."""

    parcels: Connection[Parcel] = connection(("sent_at",), by="buyer", doc="Parcels are not of buyers.")
    sales: Connection[Sale] = connection(("-deposit_minor",), by="buyer", doc="Not every sale has a deposit.")


@strawberry.type
class BrokenQuery:
    buyer: BrokenBuyer | None = lookup(doc="One buyer.")
    parcels: Connection[Parcel] = connection(("sent_at",), by="sale", doc="Parcels of no sale.")


ONE = "query ($id: ID!) { sale(id: $id) { %s } }"


def gid(prefix: str, local: UUID) -> str:
    return f"{prefix}_{local.hex}"


async def sale(n: int, selected: str, who: actor.Actor = STAFF) -> Any:
    async with open_shop():
        return (await data(ONE % selected, who, id=gid("sale", sale_id(n))))["sale"]


# -- words ------------------------------------------------------------------------------------------------------------
async def test_a_bare_annotation_shows_the_column_of_that_name() -> None:
    assert await sale(1, "number status isGift placedAt") == {
        "number": "S-001",
        "status": "CONFIRMED",
        "isGift": False,
        "placedAt": "2026-11-22T12:00:00.000Z",
    }


async def test_an_id_is_the_snake_case_name_of_the_type_and_the_hex_of_the_key() -> None:
    shown = await sale(1, "id lines { id }")
    assert shown["id"] == "sale_00000000000000020000000000000001"
    assert shown["lines"] == [{"id": "sale_line_0000000000000003000000000000000a"}]


async def test_a_column_may_be_shown_under_another_name_and_may_be_null() -> None:
    assert await sale(1, "buyer { mail }") == {"buyer": {"mail": "ann@example.com"}}
    assert await sale(2, "buyer { mail }") == {"buyer": {"mail": None}}


async def test_money_has_exactly_the_digits_of_its_currency() -> None:
    assert await sale(1, "total { amount currency }") == {"total": {"amount": "10.01", "currency": "EUR"}}
    assert await sale(2, "total { amount currency }") == {"total": {"amount": "2002", "currency": "JPY"}}


async def test_money_that_may_be_absent_is_null_as_a_whole() -> None:
    assert await sale(1, "deposit { amount currency }") == {"deposit": {"amount": "5.00", "currency": "EUR"}}
    assert await sale(2, "deposit { amount currency }") == {"deposit": None}


async def test_parts_are_columns_of_the_row_as_one_object() -> None:
    assert await sale(1, "size { units paidBefore }") == {"size": {"units": 1, "paidBefore": 500}}
    assert await sale(2, "size { units paidBefore }") == {"size": {"units": 2, "paidBefore": None}}


async def test_exists_is_true_only_when_a_row_fulfils_the_condition() -> None:
    assert await sale(3, "isOnHold") == {"isOnHold": True}
    assert await sale(1, "isOnHold") == {"isOnHold": False}  # it has a hold, but a released one


async def test_a_computed_field_gets_the_scope_other_fields_and_columns_that_are_not_shown() -> None:
    assert await sale(3, "inShort") == {"inShort": "3 CONFIRMED held for staff"}
    assert await sale(3, "inShort", AS_ANN) == {"inShort": "3 CONFIRMED held for customer"}


async def test_many_are_in_their_declared_order() -> None:
    assert await sale(3, "lines { title }") == {"lines": [{"title": "3/2"}, {"title": "3/1"}, {"title": "3/0"}]}


async def test_an_edge_to_nothing_is_null() -> None:
    assert await sale(10, "buyer { name }") == {"buyer": None}


# -- visibility -------------------------------------------------------------------------------------------------------
async def test_what_the_actor_may_not_see_looks_like_what_does_not_exist() -> None:
    async with open_shop():
        foreign, draft, unknown = sale_id(2), sale_id(9), sale_id(99)
        for local in (foreign, draft, unknown):
            assert await data(ONE % "number", AS_ANN, id=gid("sale", local)) == {"sale": None}
            assert await data("query ($id: ID!) { node(id: $id) { id } }", AS_ANN, id=gid("sale", local)) == {
                "node": None
            }


async def test_a_list_holds_only_what_the_actor_may_see_whatever_it_asks_for() -> None:
    async with open_shop():
        either = {"OR": [{"number": {"startsWith": "S-00"}}, {"buyer": {"eq": gid("buyer", rows.BOB)}}]}
        query = """query ($where: SaleWhere) {
          sales(where: $where, orderBy: { field: NUMBER }) { totalCount nodes { number } }
        }"""
        numbers = [{"number": f"S-00{n}"} for n in (1, 3, 5, 7)]
        assert await data(query, AS_ANN, where=either) == {"sales": {"totalCount": 4, "nodes": numbers}}


async def test_every_edge_asks_again_who_may_see() -> None:
    async with open_shop():
        query = "{ buyers { nodes { name sales(orderBy: { field: NUMBER }) { totalCount nodes { number } } } } }"
        mine = {"totalCount": 4, "nodes": [{"number": f"S-00{n}"} for n in (1, 3, 5, 7)]}
        assert await data(query, AS_ANN) == {"buyers": {"nodes": [{"name": "Ann", "sales": mine}]}}
        all_of_ann = (await data(query))["buyers"]["nodes"][0]["sales"]
        assert [each["number"] for each in all_of_ann["nodes"]] == [f"S-00{n}" for n in (1, 3, 5, 7, 9)]


# -- interfaces -------------------------------------------------------------------------------------------------------
EVENT = "{ __typename sequence ... on SalePlaced { sale { number } } ... on SaleNoted { note } }"
EVENTS_OF_ONE = [
    {"__typename": "SalePlaced", "sequence": 1, "sale": {"number": "S-001"}},
    {"__typename": "SaleNoted", "sequence": 3, "note": "1!"},
]


async def test_rows_of_one_table_are_shown_by_a_type_per_kind_and_kinds_without_a_type_are_left_out() -> None:
    assert await sale(1, f"history {EVENT}") == {"history": EVENTS_OF_ONE}
    shown = await sale(1, f"events {{ totalCount nodes {EVENT} }}")
    assert shown == {"events": {"totalCount": 2, "nodes": EVENTS_OF_ONE}}


async def test_a_node_that_shares_its_prefix_with_others_is_of_the_kind_its_row_says() -> None:
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on SaleEvent {EVENT} }} }}"
    async with open_shop():
        for sequence, event in ((1, EVENTS_OF_ONE[0]), (2, None), (3, EVENTS_OF_ONE[1])):
            assert await data(query, id=gid("event", numbered(5, 10 + sequence))) == {"node": event}


def test_a_view_declares_again_what_its_interface_promises() -> None:
    with pytest.raises(AssertionError, match="Wrong does not declare sequence"):

        @view_of(rows.SaleEventRow, visible=rows.visible_of_sale)
        class Wrong(SaleEvent):
            """Wrong."""

            note: str


# -- lookups ----------------------------------------------------------------------------------------------------------
async def test_a_node_is_found_by_its_id_whatever_it_is() -> None:
    query = "query ($id: ID!) { node(id: $id) { __typename id ... on Parcel { carrier } } }"
    async with open_shop():
        for prefix, local, kind in (("buyer", rows.ANN, "Buyer"), ("sale", sale_id(1), "Sale")):
            found = {"__typename": kind, "id": gid(prefix, local)}
            assert await data(query, id=gid(prefix, local)) == {"node": found}
        parcel = gid("parcel", numbered(4, 10))
        found = {"__typename": "Parcel", "id": parcel, "carrier": "a"}
        assert await data(query, id=parcel) == {"node": found}


async def test_of_two_views_of_one_row_the_id_says_which() -> None:
    query = "query ($id: ID!) { node(id: $id) { __typename id ... on SalePeek { status } } }"
    async with open_shop():
        peek = gid("peek", sale_id(1))
        found = {"__typename": "SalePeek", "id": peek, "status": "CONFIRMED"}
        assert await data(query, id=peek) == {"node": found}
        assert (await data(query, id=gid("sale", sale_id(1))))["node"]["__typename"] == "Sale"


async def test_two_nodes_of_one_row_in_one_operation_are_each_what_their_id_says() -> None:
    query = "query ($a: ID!, $b: ID!) { a: node(id: $a) { __typename } b: node(id: $b) { __typename } }"
    async with open_shop():
        answer = await data(query, a=gid("sale", sale_id(1)), b=gid("peek", sale_id(1)))
        assert answer == {"a": {"__typename": "Sale"}, "b": {"__typename": "SalePeek"}}


async def test_a_union_takes_the_ids_of_its_members_only() -> None:
    query = "query ($id: ID!) { trackable(id: $id) { ... on Sale { number } ... on Parcel { carrier } } }"
    async with open_shop():
        assert await data(query, id=gid("sale", sale_id(1))) == {"trackable": {"number": "S-001"}}
        assert await data(query, id=gid("parcel", numbered(4, 10))) == {"trackable": {"carrier": "a"}}
        assert await code(query, id=gid("buyer", rows.ANN)) == "BAD_REQUEST"


@pytest.mark.parametrize("text", ["", "sale_", "sale_1", "sale_" + "g" * 32, "SALE_" + "0" * 32, "\0", "sale"])
async def test_a_malformed_id_is_a_bad_request(text: str) -> None:
    async with open_shop():
        with statements() as sent:
            assert await code(ONE % "number", id=text) == "BAD_REQUEST"
        assert sent == []


async def test_a_resolver_finds_one_visible_row_by_a_condition() -> None:
    query = "query ($number: String!) { numbered(number: $number) { id } }"
    async with open_shop():
        assert await data(query, AS_ANN, number="S-001") == {"numbered": {"id": gid("sale", sale_id(1))}}
        assert await data(query, AS_ANN, number="S-002") == {"numbered": None}


async def test_a_resolver_loads_a_row_by_its_key_and_remembers_it_until_told_to_forget() -> None:
    async with open_shop():
        reader = Reader(STAFF.scope)
        await reader.load(Sale, sale_id(1))
        await rows.SaleRow.filter(id=sale_id(1)).update(units=7)
        remembered: Any = await reader.load(Sale, sale_id(1))
        reader.forget()
        read_again: Any = await reader.load(Sale, sale_id(1))
        assert (remembered.units, read_again.units) == (1, 7)
        assert await Reader(AS_ANN.scope).load(Sale, sale_id(2)) is None


# -- statements -------------------------------------------------------------------------------------------------------
DEEP = """{
  sales(first: %d) { totalCount nodes {
    id number total { amount } isOnHold inShort
    buyer { name sales(first: 2) { totalCount nodes { number lines { title } } } }
    lines { title sale { number } }
    parcels(first: 1) { nodes { carrier sale { number buyer { name } } } }
  } }
}"""


async def test_a_deep_query_sends_one_statement_per_edge_and_not_per_row() -> None:
    async with open_shop():
        sent_for = []
        for first in (2, 8):
            with statements() as sent:
                await data(DEEP % first)
            sent_for.append(len(sent))
        # Sales, their count, holds, buyers, lines, parcels, the sales of lines and parcels, the buyers' sales, their
        # count, and the lines of those: which the eight have loaded already, and the two have not.
        assert sent_for == [10, 9]


async def test_a_deep_query_of_a_customer_sends_no_more_statements() -> None:
    async with open_shop():
        with statements() as sent:
            await data(DEEP % 8, AS_ANN)
        assert len(sent) == 9


async def test_a_field_that_is_not_selected_costs_no_statement() -> None:
    async with open_shop():
        with statements() as sent:
            await data("{ sales { nodes { number total { amount } } } }")
        assert len(sent) == 1


async def test_two_operations_that_share_a_context_do_not_share_what_they_loaded() -> None:
    async with open_shop():
        socket = Context(Reader(STAFF.scope))
        variables = {"id": gid("sale", sale_id(1))}
        before = await SCHEMA.execute(ONE % "number", variables, socket)
        await rows.SaleRow.filter(id=sale_id(1)).update(number="NEW")
        after = await SCHEMA.execute(ONE % "number", variables, socket)
        assert (before.data, after.data) == ({"sale": {"number": "S-001"}}, {"sale": {"number": "NEW"}})


async def test_each_event_of_a_subscription_is_read_anew_when_its_reader_forgets() -> None:
    async with open_shop():
        watched = 'subscription { watched(number: "S-001") { lines { title } } }'
        events: Any = await SCHEMA.subscribe(watched, context_value=Context(Reader(STAFF.scope)))
        before = await anext(events)
        await rows.SaleLineRow.filter(sale_id=sale_id(1)).update(title="new")
        after = await anext(events)
        await events.aclose()
        assert before.data == {"watched": {"lines": [{"title": "1/0"}]}}
        assert after.data == {"watched": {"lines": [{"title": "new"}]}}


# -- what is refused at import ----------------------------------------------------------------------------------------
def test_an_annotation_that_disagrees_with_its_column_about_null_is_refused() -> None:
    with pytest.raises(AssertionError, match=r"Wrong\.email: the column is nullable"):

        @view_of(rows.BuyerRow, visible=rows.visible_buyers)
        class Wrong(Node):
            """Wrong."""

            email: str


def test_a_view_of_a_column_that_the_row_lacks_is_refused() -> None:
    with pytest.raises(AssertionError, match="BuyerRow has no column shoe_size"):

        @view_of(rows.BuyerRow, visible=rows.visible_buyers)
        class Wrong(Node):
            """Wrong."""

            shoe_size: int


def test_an_edge_that_may_be_hidden_must_be_nullable() -> None:
    with pytest.raises(AssertionError, match="may be hidden is nullable"):

        @view_of(rows.SaleRow, visible=rows.visible_sales)
        class Wrong(Node):
            """Wrong."""

            buyer: str = one(by="buyer", doc="Who.")


def test_money_that_may_be_null_is_not_shown_as_money_that_is_always_there() -> None:
    with pytest.raises(AssertionError, match="deposit_minor may be null"):

        @view_of(rows.SaleRow, visible=rows.visible_sales)
        class Wrong(Node):
            """Wrong."""

            deposit: str = money("deposit_minor")


def test_a_need_that_is_neither_field_nor_column_is_refused() -> None:
    with pytest.raises(AssertionError, match="neither a field nor a column"):

        @view_of(rows.SaleRow, visible=rows.visible_sales)
        class Wrong(Node):
            """Wrong."""

            wish: str = computed(lambda _scope, wish: wish, needs=("wishes",), doc="A wish.")


def test_a_foreign_key_that_does_not_exist_is_refused() -> None:
    with pytest.raises(AssertionError, match="SaleHoldRow has no foreign key order"):

        @view_of(rows.SaleRow, visible=rows.visible_sales)
        class Wrong(Node):
            """Wrong."""

            is_on_hold: bool = exists(rows.SaleHoldRow, by="order", where=Q(), doc="Whether it waits.")


def test_a_question_about_what_another_column_names_needs_that_column() -> None:
    with pytest.raises(AssertionError, match="SaleLineRow has no column order_id"):

        @view_of(rows.SaleLineRow, visible=rows.visible_of_sale)
        class Wrong(Node):
            """Wrong."""

            is_on_hold: bool = exists(rows.SaleHoldRow, by="sale", on="order_id", doc="Whether its sale waits.")


def test_a_column_without_a_description_needs_words() -> None:
    with pytest.raises(AssertionError, match="has no description"):

        @view_of(rows.SaleHoldRow, visible=lambda _: Q())
        class Wrong:
            """Wrong."""

            let_go: str | None = column("released_at")


def test_an_enum_with_a_value_that_nobody_described_is_refused() -> None:
    with pytest.raises(KeyError):
        enum_of(SaleStatus, {SaleStatus.DRAFT: "Not sold yet."}, doc="How far it is.")
    enum_of(
        SaleStatus,
        {
            SaleStatus.DRAFT: "Not sold yet.",
            SaleStatus.CONFIRMED: "Sold.",
            SaleStatus.CANCELED: "Not sold after all.",
        },
    )


# -- the house rules --------------------------------------------------------------------------------------------------
def test_every_field_of_a_schema_of_views_is_declared() -> None:
    assert undeclared_fields(SCHEMA) == []


def test_a_resolver_on_a_noun_is_told_from_a_declared_word() -> None:
    @strawberry.type
    class Query:
        hidden: Hidden

    assert undeclared_fields(strawberry.Schema(Query)) == ["Hidden.slow"]


def test_every_edge_leads_somewhere_and_can_be_ordered() -> None:
    assert broken_edges(SCHEMA) == []


def test_an_edge_to_nowhere_and_an_ordering_by_what_may_be_null_are_listed() -> None:
    assert broken_edges(strawberry.Schema(BrokenQuery, config=CONFIG)) == [
        "BrokenBuyer.parcels: no foreign key buyer between ParcelRow and BuyerRow",
        "BrokenBuyer.sales: SaleRow cannot be ordered by -deposit_minor",
        "BrokenQuery.parcels: no foreign key sale between ParcelRow and the root",
        "Sale.events: leads to no view: name those of its interface in Schema(types=…)",
        "Sale.history: leads to no view: name those of its interface in Schema(types=…)",
    ]


def test_whatever_is_not_described_is_listed() -> None:
    assert undescribed(SCHEMA) == [
        "Query",
        "Query.echo(amount)",
        "Query.echo(at)",
        "Subscription.watched(number)",
    ]


def test_a_page_is_described_once_for_all_lists() -> None:
    assert Connection.__strawberry_definition__.description == "A page of a list."  # type: ignore[attr-defined]

"""What may be kept of an order by its version: nothing that can change without it."""

from collections.abc import Iterator
from typing import Any

import graphql as g
import pytest
from tortoise.expressions import Q

from domain.kernel.actor import ANONYMOUS, SYSTEM, Actor, Role, customer, staff, tracking_link
from domain.kernel.ids import new_id
from domain.orders.models import OrderRow
from schema.compiled.fragments import is_own
from schema.views.view import View, together, views_of
from schema.views.words import Edge, EdgeKind
from tests.builders import SCHEMA

ACTORS = (*(staff("s", role) for role in Role if role is not Role.CUSTOMER), SYSTEM, ANONYMOUS)


def own_types() -> Iterator[tuple[g.GraphQLObjectType, View]]:
    for kind in SCHEMA._schema.type_map.values():
        definition = kind.extensions.get("strawberry-definition")
        view = getattr(getattr(definition, "origin", None), "__view__", None)
        if isinstance(kind, g.GraphQLObjectType) and view is not None and is_own(view.row):
            yield kind, view


def paths(condition: Q) -> Iterator[str]:
    yield from condition.filters
    for child in condition.children:
        yield from paths(child)


@pytest.mark.parametrize(
    "actor", [*ACTORS, customer(new_id()), tracking_link(new_id())], ids=lambda each: each.principal[:8]
)
def test_who_sees_a_row_of_an_order_follows_from_the_row_and_its_order(actor: Actor) -> None:
    for kind, view in own_types():
        for path in paths(view.condition(actor.scope)):
            relation, _, rest = path.partition("__")
            assert relation == "order" or relation not in view.row._meta.fk_fields or not rest, (kind.name, path)


def test_an_edge_from_what_is_an_orders_own_to_an_order_leads_to_that_order() -> None:
    """To another order it would show what a version of this one does not vouch for."""
    found = 0
    for kind, view in own_types():
        for name, of in kind.fields.items():
            declared: Any = of.extensions["strawberry-definition"].metadata.get("declared")
            if isinstance(declared, Edge) and view.row is not OrderRow:
                there = together(list(views_of(SCHEMA._schema, g.get_named_type(of.type)))).row
                if there is OrderRow:
                    assert (declared.kind, declared.by) == (EdgeKind.ONE, "order"), (kind.name, name)
                    found += 1
    assert found > 5

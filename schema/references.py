"""How things are named: by global ids that lead to them, and by unique texts."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import strawberry
from tortoise.expressions import Q

from domain.kernel.actor import Scope
from domain.kernel.errors import MalformedId
from domain.kernel.ids import global_id, parse_global_id
from schema.views import bad_request, computed
from schema.views.fields import ViewField
from schema.views.refusals import storable


@dataclass(frozen=True)
class _GlobalIdOf:
    prefix: str

    def __call__(self, _scope: Scope, key: UUID | None) -> strawberry.ID | None:
        return None if key is None else strawberry.ID(global_id(self.prefix, key))


def id_of(prefix: str, column: str, *, name: str, doc: str) -> Any:
    """The global id, as the field `name`, of the `prefix` that our column names; the column's own name stays free."""
    field: ViewField = computed(_GlobalIdOf(prefix), needs=(column,), doc=doc)
    field.graphql_name = name
    return field


def digits_of(column: str, *, name: str, doc: str) -> Any:
    """The key that our column names, of a thing whose kind is not said: the 32 digits of its global id."""
    field: ViewField = computed(_digits, needs=(column,), doc=doc)
    field.graphql_name = name
    return field


def _digits(_scope: Scope, key: UUID | None) -> strawberry.ID | None:
    return None if key is None else strawberry.ID(key.hex)


def key_is(prefix: str, text: str) -> Q:
    """The row with this global id. Raises BAD_REQUEST when it is none of this type."""
    try:
        return Q(id=parse_global_id(prefix, text))
    except MalformedId as refusal:
        raise bad_request(str(refusal)) from None


def text_is(column: str, text: str) -> Q:
    """Rows whose column is exactly this. Raises BAD_REQUEST for what no database can hold."""
    try:
        return Q(**{column: storable(text)})
    except ValueError:
        raise bad_request("The text has a character that no stored text can have.") from None

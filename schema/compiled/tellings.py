"""Tellings: the messages of a subscription, of which Python made the frame, and the database knows the things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import FieldNode, GraphQLObjectType, OperationType, get_named_type, is_abstract_type, is_leaf_type
from strawberry import Schema

from domain.kernel.models import LogRow
from schema.compiled.compiler import Compiler
from schema.compiled.computed import Shape
from schema.compiled.dialects import Writer
from schema.compiled.fragments import Fragment
from schema.compiled.operations import Operation
from schema.compiled.payloads import is_of_views, part_of
from schema.compiled.plan import NotCompilable, Reason, Request
from schema.compiled.selections import Selections, below
from schema.compiled.tails import CURSOR, EVENT, TailPlan, tail_plan
from schema.compiled.things import Things
from schema.views.view import together, views_of


@dataclass
class Telling:
    """What a subscription selects of each kind of its messages."""

    head: bytes
    parts: Mapping[type[Any], Sequence[tuple[bytes, str, Shape | Fragment]]]
    tails: Mapping[type[Any], TailPlan]

    @property
    def characters(self) -> int:
        """How much text its statements are."""
        plans = [part.plan for parts in self.parts.values() for _, _, part in parts if isinstance(part, Fragment)]
        plans += [tail.plan for tail in self.tails.values()]
        return sum(len(plan.sql) for plan in plans)

    async def told(self, message: Any, request: Request, things: Things) -> bytes:
        """The response to one message. Raises NotCompilable for what only the usual way can tell, and the database's
        own errors.
        """
        shown = []
        for key, name, part in self.parts[type(message)]:
            value = getattr(message, name)
            if not isinstance(part, Fragment):
                json = orjson.dumps(part(value))
            elif value is None:
                json = b"null"
            else:
                read = await things.read(part, request, value.pk)
                if read is None:  # out of sight, or with a null where none may be
                    raise NotCompilable(Reason.NULL, key.decode())
                json = read
            shown.append(key + json)
        return b"%b{%b}}}" % (self.head, b",".join(shown))


def telling_of(schema: Schema, operation: Operation, request: Request, writer: Writer) -> Telling:
    """The telling of a subscription, for the shape of its variables and its scope. Raises NotCompilable."""
    subscriptions, definition = schema._schema.subscription_type, operation.definition
    if definition.operation is not OperationType.SUBSCRIPTION or subscriptions is None:
        raise NotCompilable(Reason.KIND, definition.operation.value)
    selections = Selections(schema._schema, operation.document, request.variables)
    [(key, nodes)] = selections.fields(subscriptions, [definition.selection_set]).items()
    if (name := nodes[0].name.value) == "__typename":
        raise NotCompilable(Reason.KIND, name)
    named: Any = get_named_type(subscriptions.fields[name].type)
    if is_leaf_type(named):
        raise NotCompilable(Reason.FIELD, name)
    kinds = schema._schema.get_possible_types(named) if is_abstract_type(named) else [named]
    parts = {
        kind.extensions["strawberry-definition"].origin: [
            (b'"%b":' % key.encode(), *part_of(schema, operation, request, writer, kind, inner))
            for key, inner in selections.fields(kind, below(nodes)).items()
        ]
        for kind in kinds
    }
    head = b'{"data":{"%b":' % key.encode()
    tails = {}
    for kind in kinds:
        fields = selections.fields(kind, below(nodes))
        if (plan := _tail_of(schema, operation, request, writer, fields, kind, head)) is not None:
            tails[kind.extensions["strawberry-definition"].origin] = plan
    return Telling(head, parts, tails)


def _tail_of(
    schema: Schema,
    operation: Operation,
    request: Request,
    writer: Writer,
    fields: Mapping[str, list[FieldNode]],
    kind: GraphQLObjectType,
    head: bytes,
) -> TailPlan | None:
    """The plan that reads a message's one thing behind a place, if that is an order's event, and all else of it is its
    cursor; None if it is not so.
    """
    things, shown = [], []
    for key, nodes in fields.items():
        if (name := nodes[0].name.value) == "__typename":
            said = b'"%b"' % kind.name.encode()
        elif name == "cursor":
            said = b'"%%(%b)b"' % CURSOR
        elif is_of_views(schema, named := get_named_type(kind.fields[name].type)):
            things.append((named, nodes))
            said = b"%%(%b)b" % EVENT
        else:
            return None
        shown.append(b'"%b":%b' % (key.encode(), said))
    if len(things) != 1 or writer.lists() is None:
        return None
    [(named, nodes)] = things
    view = together(list(views_of(schema._schema, named)))
    if view.row is not LogRow:
        return None
    form = b"%b{%b}}}" % (head, b",".join(shown))
    return tail_plan(Compiler(schema, operation.document, request, writer), named, below(nodes), view, form)

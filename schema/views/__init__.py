"""Types that declare: a GraphQL type is a view of a row, and each of its fields says in one word what it shows."""

from schema.views.connection import Connection, ConnectionEdge, Direction, PageInfo, enum_of, order_of
from schema.views.fields import (
    Money,
    column,
    computed,
    connection,
    exists,
    lookup,
    many,
    money,
    named,
    one,
    parts,
    pointed,
)
from schema.views.filters import BoolFilter, EnumFilter, IdFilter, IntFilter, TextFilter, TimeFilter, on, where_of
from schema.views.house import broken_edges, undeclared_fields, undescribed
from schema.views.reader import Reader, ReaderPerOperation
from schema.views.refusals import bad_request, limit_exceeded
from schema.views.unread import Naming, Unread
from schema.views.view import Node, View, view, view_of
from schema.views.words import Column, MinorUnits, Parts

__all__ = [
    "BoolFilter",
    "Column",
    "Connection",
    "ConnectionEdge",
    "Direction",
    "EnumFilter",
    "IdFilter",
    "IntFilter",
    "MinorUnits",
    "Money",
    "Naming",
    "Node",
    "PageInfo",
    "Parts",
    "Reader",
    "ReaderPerOperation",
    "TextFilter",
    "TimeFilter",
    "Unread",
    "View",
    "bad_request",
    "broken_edges",
    "column",
    "computed",
    "connection",
    "enum_of",
    "exists",
    "limit_exceeded",
    "lookup",
    "many",
    "money",
    "named",
    "on",
    "one",
    "order_of",
    "parts",
    "pointed",
    "undeclared_fields",
    "undescribed",
    "view",
    "view_of",
    "where_of",
]

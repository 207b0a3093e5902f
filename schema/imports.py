"""Imports as the API shows them: which file it is, how far it is, and what became of its rows."""

from __future__ import annotations

from datetime import datetime

import strawberry
from tortoise.expressions import Q

from domain.imports.lifecycle import ImportMode, ImportStatus
from domain.imports.models import ImportRow
from domain.imports.queries import visible_imports
from domain.kernel.actor import Scope
from schema.references import key_is
from schema.views import EnumFilter, Node, TimeFilter, enum_of, order_of, view_of, where_of

enum_of(
    ImportMode,
    {
        ImportMode.HISTORY: "Orders land as they ended: no stock moves, and nothing follows.",
        ImportMode.OPEN: "Each order is placed like any new one: it takes stock and gives out work.",
    },
)
enum_of(
    ImportStatus,
    {
        ImportStatus.RUNNING: "It reads its file.",
        ImportStatus.FINISHED: "Every row is in the books or in the error report.",
        ImportStatus.FAILED: "It could not go on; what was committed before stays.",
        ImportStatus.INTERRUPTED: "It was stopped, or nothing was heard of it for ten minutes. Run it again to go on.",
    },
)


@where_of(ImportRow)
class ImportWhere:
    """Which imports."""

    status: EnumFilter[ImportStatus]
    started_at: TimeFilter


ImportOrdering = order_of(ImportRow, "ImportOrdering", "started_at")


def which_import(_scope: Scope, id: strawberry.ID) -> Q:
    """The import with this id."""
    return key_is("import", id)


@view_of(ImportRow, visible=visible_imports)
class Import(Node):
    """One run of `waybill import` over a file of orders. A dry run is none."""

    filename: str
    mapping: str
    channel: str
    mode: ImportMode
    status: ImportStatus
    percent: int
    rows_read: int
    rows_imported: int
    rows_already_there: int
    rows_reported: int
    orders_imported: int
    orders_already_there: int
    orders_reported: int
    failure: str | None
    started_at: datetime
    heard_of_at: datetime
    ended_at: datetime | None

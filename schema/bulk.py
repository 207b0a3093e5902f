"""Bulk runs as the API shows them: how far each is, and what became of each row."""

from __future__ import annotations

from datetime import datetime

import strawberry
from tortoise.expressions import Q

from domain.bulk.lifecycle import BULK_RUN, BulkMode, BulkOutcome, BulkRunFacts, BulkRunStatus
from domain.bulk.models import BulkRowRow, BulkRunRow
from domain.bulk.queries import visible_bulk_runs
from domain.kernel.actor import Scope
from schema.actions import AvailableAction, actions, shown
from schema.references import key_is
from schema.views import (
    Connection,
    EnumFilter,
    Node,
    TimeFilter,
    connection,
    enum_of,
    order_of,
    view_of,
    where_of,
)

enum_of(
    BulkMode,
    {
        BulkMode.SET: "What is on hand becomes what the file says: columns sku, location, on_hand, and optionally "
        "expected_on_hand, without which whatever it was is replaced.",
        BulkMode.ADJUST: "What the file says is added to what is on hand: columns sku, location, delta.",
    },
)
enum_of(
    BulkOutcome,
    {
        BulkOutcome.APPLIED: "It changed the level, or would.",
        BulkOutcome.UNCHANGED: "The level says so already.",
        BulkOutcome.REFUSED: "It cannot be done; the message says why.",
    },
)
enum_of(
    BulkRunStatus,
    {
        BulkRunStatus.QUEUED: "It waits for its turn.",
        BulkRunStatus.RUNNING: "Its rows are being done.",
        BulkRunStatus.COMPLETED: "Every row was done or refused.",
        BulkRunStatus.CANCELED: "It was called off; rows that were done stay done.",
    },
)


@where_of(BulkRunRow)
class BulkRunWhere:
    """Which bulk runs."""

    status: EnumFilter[BulkRunStatus]
    created_at: TimeFilter


@where_of(BulkRowRow)
class BulkRowWhere:
    """Which rows."""

    outcome: EnumFilter[BulkOutcome]


BulkRunOrdering = order_of(BulkRunRow, "BulkRunOrdering", "created_at")


def of_bulk_run(scope: Scope, status: BulkRunStatus) -> list[AvailableAction]:
    """What can be done with a bulk run."""
    return shown(BULK_RUN.available(scope, status, BulkRunFacts()))


def which_bulk_run(_scope: Scope, id: strawberry.ID) -> Q:
    """The run with this id."""
    return key_is("bulk_run", id)


@view_of(BulkRunRow, visible=visible_bulk_runs)
class BulkRun(Node):
    """Stock levels that are set or adjusted from a file, row by row, in steps with a commit each."""

    filename: str
    mode: BulkMode
    is_dry_run: bool
    status: BulkRunStatus
    available_actions: list[AvailableAction] = actions(of_bulk_run, "status")
    rows: int
    done: int
    applied: int
    unchanged: int
    refused: int
    note: str | None
    created_by: str
    created_at: datetime
    ended_at: datetime | None
    results: Connection[BulkRow] = connection(
        ("number",), by="run", where=BulkRowWhere, doc="What became of each row that was looked at, in their order."
    )


@view_of(BulkRowRow, visible=visible_bulk_runs)
class BulkRow(Node):
    """What became of one row of a file."""

    number: int
    sku: str
    location: str
    outcome: BulkOutcome
    change: int
    code: str | None
    message: str | None

"""What is exported as a table: the ledger of stock, as comma-separated values, however long it is."""

import asyncio
import csv
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from io import StringIO
from typing import Any
from uuid import UUID

import strawberry
import structlog
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from tortoise.expressions import Q

from domain.kernel.actor import Permission
from domain.kernel.database import current_connection, database_now
from domain.kernel.errors import DomainError, PermissionDenied
from domain.kernel.ids import global_id
from domain.locations.models import LocationRow
from domain.stock.models import MovementCause, StockMovementRow
from domain.stock.queries import ledger_pages, visible_stock
from schema.scalars import parse_time, print_time
from schema.stock import StockLedgerWhere, SubjectFilter
from schema.views import EnumFilter, IdFilter, TextFilter, TimeFilter, bad_request
from server.answers import BAD_REQUEST, LIMIT, UNAUTHENTICATED, refused
from server.auth import Authenticator

LONGEST_SECONDS = 600.0
MOST_AT_ONCE = 2
RETRY_AFTER_SECONDS = "30"

log = structlog.get_logger("waybill")

Places = Mapping[UUID, str]
Shown = Callable[[StockMovementRow, Places], object]


def _id(prefix: str, column: str) -> Shown:
    def show(row: StockMovementRow, _places: Places) -> str:
        key = getattr(row, column)
        return global_id(prefix, key) if key else ""

    return show


def _column(name: str) -> Shown:
    return lambda row, _places: getattr(row, name)


_COUNTERS = ("on_hand", "allocated", "reserved", "waiting", "damaged", "quarantined", "safety_stock", "incoming")
# The columns of the table, in order. The names are in people's hands: new ones are added at the end.
COLUMNS: Mapping[str, Shown] = {
    "occurred_at": lambda row, _: print_time(row.occurred_at),
    "id": _id("stock_movement", "id"),
    "sku": _column("sku"),
    "location": lambda row, places: places[row.location_id],
    "cause": lambda row, _: str(row.cause),
    "reason": lambda row, _: str(row.reason or ""),
    **{name: _column(name) for name in _COUNTERS},
    "order_id": _id("order", "order_id"),
    "subject_id": lambda row, _: row.subject_id.hex if row.subject_id else "",
    "lot_id": _id("lot", "lot_id"),
    "actor": _column("actor"),
    "note": _column("note"),
}


class StockMovementsExport:
    """`GET /exports/stock-movements.csv`: every movement that fulfils what is asked, the oldest first.

    For whoever may read stock. At most two at a time in one process, each for ten minutes at most: one that is cut off
    then, or fails, ends without the last chunk, so that no client takes it for whole.
    """

    def __init__(self, authenticator: Authenticator, *, page_seconds: float) -> None:
        self._authenticator, self._page_seconds = authenticator, page_seconds
        self._running = 0

    async def __call__(self, request: Request) -> Response:
        try:
            identity = await self._authenticator.identify(request.headers.get("authorization"))
            identity.actor.require(Permission.READ_STOCK)
            where = Q(visible_stock(identity.actor.scope), _asked(request))
        except PermissionDenied as refusal:
            return refused(403, refusal.code, refusal.message)
        except DomainError as refusal:
            return refused(401, UNAUTHENTICATED, refusal.message, [("WWW-Authenticate", "Bearer")])
        except GraphQLError as refusal:
            return refused(400, str((refusal.extensions or {}).get("code", BAD_REQUEST)), refusal.message)
        if self._running >= MOST_AT_ONCE:
            busy = f"{MOST_AT_ONCE} exports are running here. Try again when one of them has ended."
            return refused(503, LIMIT, busy, [("Retry-After", RETRY_AFTER_SECONDS)])
        return _Table(partial(self._lines, where), self._count)

    def _count(self, change: int) -> None:
        self._running += change

    async def _lines(self, where: Q) -> AsyncIterator[str]:
        """The table, in pieces that end with a line."""
        places = {place.id: place.code for place in await LocationRow.all()}
        yield _written([COLUMNS])
        found = ledger_pages(where, await database_now(current_connection()))
        while True:
            async with asyncio.timeout(self._page_seconds):
                page = await anext(found, None)
            if page is None:
                return
            yield _written([[show(row, places) for show in COLUMNS.values()] for row in page])


class _Table(StreamingResponse):
    """The lines as they are read, for as long as an export may take."""

    def __init__(self, lines: Callable[[], AsyncIterator[str]], count: Callable[[int], None]) -> None:
        name = {"Content-Disposition": 'attachment; filename="stock-movements.csv"', "Cache-Control": "no-store"}
        super().__init__(lines(), headers=name, media_type="text/csv")
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._count(1)
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                await super().__call__(scope, receive, send)
        except TimeoutError:
            log.warning("export.cut_off")  # without its last chunk it ends as broken, which it is
        finally:
            self._count(-1)


def _asked(request: Request) -> Q:
    """What the address asks for, in the words of `stockMovements(where:)`. Raises BAD_REQUEST."""
    given = request.query_params
    if unknown := sorted(set(given) - PARAMETERS.keys()):
        raise bad_request(f"There is no parameter {unknown[0][:40]}. There are {', '.join(PARAMETERS)}.")
    asked: dict[str, Any] = {}
    for name, (field, make) in PARAMETERS.items():
        if name in given:
            asked.setdefault(field, []).append(make(given.getlist(name)))
    held = [StockLedgerWhere(**{field: each}) for field, filters in asked.items() for each in filters]
    return Q(*(each.condition() for each in held))  # type: ignore[attr-defined]


def _causes(texts: list[str]) -> EnumFilter[MovementCause]:
    if unknown := [text for text in texts if text not in MovementCause.__members__]:
        raise bad_request(f"{unknown[0][:40]} is no cause of a movement.")
    return EnumFilter(one_of=[MovementCause(text) for text in texts])


# Of a parameter that is there several times, the last counts; of `cause`, all do.
PARAMETERS: Mapping[str, tuple[str, Callable[[list[str]], Any]]] = {
    "sku": ("sku", lambda texts: TextFilter(eq=texts[-1])),
    "location": ("location", lambda texts: IdFilter(eq=strawberry.ID(texts[-1]))),
    "cause": ("cause", _causes),
    "order": ("order", lambda texts: IdFilter(eq=strawberry.ID(texts[-1]))),
    "subject": ("subject", lambda texts: SubjectFilter(eq=strawberry.ID(texts[-1]))),
    "from": ("occurred_at", lambda texts: TimeFilter(gte=parse_time(texts[-1]))),
    "before": ("occurred_at", lambda texts: TimeFilter(lt=parse_time(texts[-1]))),
}


def _written(rows: Any) -> str:
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)  # RFC 4180
    return text.getvalue()

"""Queries answered the compiled way: one statement, whose text goes to the client. Whatever cannot runs as usual."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import structlog
from graphql import OperationType
from strawberry.schema import Schema

from domain.kernel.actor import Scope
from domain.kernel.database import Dialect, current_connection
from schema.compiled import CompiledReader, Fetch, NotCompilable, Operation, Reason
from server.answers import DeadlineExceeded
from server.away import OF_THE_DATABASE
from server.compiled_writes import CompiledWrites
from server.database import Database
from server.documents import Documents
from server.read_pool import open_read_pool
from server.settings import Settings

SLOW_SECONDS = 0.5

log = structlog.get_logger("waybill")


class CompiledReads:
    """Answers the queries of one application while it is open; counts how often it could not, and why."""

    def __init__(self, schema: Schema, documents: Documents, settings: Settings) -> None:
        self._schema, self._documents, self._settings = schema, documents, settings
        self._reader: CompiledReader | None = None
        self.fetch: Fetch | None = None  # how statements are run, while it is open
        self.writes = CompiledWrites(schema, documents, settings)
        self.answered = 0
        self.fallbacks: Counter[Reason] = Counter()

    @asynccontextmanager
    async def open(self, database: Database) -> AsyncIterator[None]:
        """Reads from this database until the block ends, unless the settings say no."""
        if not self._settings.compiled_reads:
            yield
            return
        async with _fetching(database, self._settings) as fetch:
            self._reader = CompiledReader(self._schema, database.dialect, fetch, admits=self._admits)
            self.writes.begin(database.dialect, fetch)
            self.fetch = fetch
            try:
                yield
            finally:
                self._reader = self.fetch = None
                self.writes.end()
                log.info("reads.counted", compiled=self.answered, usual=dict(self.fallbacks))

    async def answer(self, request: Mapping[str, Any], scope: Scope) -> bytes | None:
        """The body of the response; None when the request must run the usual way.

        Raises DeadlineExceeded. The first run of a document is the usual one: it is what checks it.
        """
        if self._reader is None:
            return None
        if (prepared := self._documents.get(request["query"])) is None:
            self._fall_back(Reason.NEW)
            return None
        operation = prepared.operation(self._schema, request.get("operationName"), OperationType.QUERY)
        if operation is None:
            return None
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._settings.deadline_seconds):
                found = await self._reader.read(operation, request.get("variables") or {}, scope)
        except NotCompilable as refusal:
            self._fall_back(refusal.reason)
            return None
        except (TimeoutError, asyncpg.QueryCanceledError):
            raise DeadlineExceeded(self._settings.deadline_seconds) from None
        except Exception as error:
            self._fall_back(_reason(error), error)
            return None
        self.answered += 1
        if (seconds := time.perf_counter() - started) > SLOW_SECONDS:
            log.info("read.slow", operation=(operation.name or "")[:60], ms=round(seconds * 1000, 1))
        return found

    def _admits(self, operation: Operation, variables: Mapping[str, Any]) -> bool:
        return self._documents.admits(self._schema, operation, variables)

    def _fall_back(self, reason: Reason, error: Exception | None = None) -> None:
        self.fallbacks[reason] += 1
        if reason is Reason.BUG:
            log.error("read.not_compiled", reason=reason.value, exception=type(error).__name__)


def _reason(error: Exception) -> Reason:
    if "parser stack overflow" in str(error) or "Expression tree is too large" in str(error):
        return Reason.DEEP
    return Reason.DATABASE if isinstance(error, OF_THE_DATABASE) else Reason.BUG


@asynccontextmanager
async def _fetching(database: Database, settings: Settings) -> AsyncIterator[Fetch]:
    """How a statement is run: on PostgreSQL by a pool of its own, whose sessions cannot write."""
    if database.dialect is Dialect.SQLITE:
        yield _from_sqlite
        return
    async with open_read_pool(database.url, settings.read_pool_size) as pool:
        yield pool.value


async def _from_sqlite(sql: str, parameters: Sequence[Any]) -> str | None:
    [row] = await current_connection().execute_query_dict(sql, list(parameters))
    found: str | None = next(iter(row.values()))
    return found

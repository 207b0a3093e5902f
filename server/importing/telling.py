"""Says in the books how far an import is while it runs, so that it can be watched from elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from uuid import UUID

from asyncpg import PostgresError
from tortoise.exceptions import BaseORMException

from domain.flows.keep_imports import (
    BeginImport,
    EndImport,
    ImportCounts,
    TellImport,
    begin_import,
    end_import,
    tell_import,
)
from domain.imports.lifecycle import ImportAction
from domain.kernel.actor import SYSTEM
from domain.kernel.errors import DomainError
from domain.kernel.runner import Runner
from server.importing.faults import ImportRefused
from server.importing.readers import Source
from server.importing.tally import Tally

Tell = Callable[[Source, Tally], Awaitable[None]]


@asynccontextmanager
async def told_in_the_books(runner: Runner, begun: BeginImport) -> AsyncIterator[Tell]:
    """What says how far the import is; how it ends is said by how the block does."""
    import_id = (await runner.run(begin_import, SYSTEM, begun)).value

    async def tell(source: Source, tally: Tally) -> None:
        await runner.run(tell_import, SYSTEM, TellImport(import_id, counts(source, tally)))

    try:
        yield tell
    except asyncio.CancelledError:
        await _say_if_possible(runner, import_id, ImportAction.INTERRUPT)
        raise
    except Exception as error:
        is_refusal = isinstance(error, ImportRefused | DomainError)
        why = str(error) if is_refusal else f"{type(error).__name__}: its terminal tells more."
        await _say_if_possible(runner, import_id, ImportAction.FAIL, why)
        raise
    await runner.run(end_import, SYSTEM, EndImport(import_id, ImportAction.FINISH))


async def _say_if_possible(runner: Runner, import_id: UUID, action: ImportAction, why: str | None = None) -> None:
    """What went wrong may be the database itself: then the worker finds out that nothing is heard any more."""
    with suppress(DomainError, BaseORMException, PostgresError, OSError):
        await runner.run(end_import, SYSTEM, EndImport(import_id, action, why))


def counts(source: Source, tally: Tally) -> ImportCounts:
    """How far it is, in whole percent of the file's bytes."""
    return ImportCounts(
        percent=min(100 * source.done // source.size, 100) if source.size else 100,
        orders_imported=tally.orders_imported,
        orders_already_there=tally.orders_already_there,
        orders_reported=tally.orders_reported,
        rows_imported=tally.rows_imported,
        rows_already_there=tally.rows_already_there,
        rows_reported=tally.rows_reported,
    )

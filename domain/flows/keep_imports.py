"""What is said of an import while it runs, by whoever runs it: how far it is, and how it ended."""

from dataclasses import dataclass
from uuid import UUID

from domain.imports.lifecycle import IMPORT, ImportAction, ImportFacts, ImportMode, ImportStatus
from domain.imports.models import ImportRow
from domain.imports.queries import left_imports
from domain.kernel.actor import Permission
from domain.kernel.errors import NotFound
from domain.kernel.ids import global_id, new_id
from domain.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class BeginImport:
    """A file is being imported."""

    filename: str
    mapping: str
    channel: str
    mode: ImportMode


async def begin_import(tx: UnitOfWork, request: BeginImport) -> UUID:
    """Let it be seen that it runs; its id."""
    tx.actor.require(Permission.MANAGE_ORDERS)
    row = ImportRow(
        id=new_id(),
        filename=request.filename[-200:],
        mapping=request.mapping[-200:],
        channel=request.channel[:40],
        mode=request.mode,
        status=ImportStatus.RUNNING,
        started_at=tx.now,
        heard_of_at=tx.now,
    )
    tx.add(row)
    return row.id


@dataclass(frozen=True)
class ImportCounts:
    """What became of orders and rows so far, and how much of the file has been read."""

    percent: int = 0
    orders_imported: int = 0
    orders_already_there: int = 0
    orders_reported: int = 0
    rows_imported: int = 0
    rows_already_there: int = 0
    rows_reported: int = 0


@dataclass(frozen=True)
class TellImport:
    """How far it is."""

    import_id: UUID
    counts: ImportCounts


async def tell_import(tx: UnitOfWork, request: TellImport) -> UUID:
    """Say how far it is; one that seemed to be left is seen to run again.

    Raises NotFound, or IllegalTransition when it has ended.
    """
    row = await _running(tx, request.import_id)
    row.status = IMPORT.step(ImportAction.GET_ON, row.status, ImportFacts())
    for name, value in vars(request.counts).items():
        setattr(row, name, value)
    row.rows_read = row.rows_imported + row.rows_already_there + row.rows_reported
    await _say(tx, row)
    return row.id


@dataclass(frozen=True)
class EndImport:
    """It is over: it finished, it could not go on (for this reason), or it was stopped."""

    import_id: UUID
    action: ImportAction
    failure: str | None = None


async def end_import(tx: UnitOfWork, request: EndImport) -> UUID:
    """Say how it ended. Raises NotFound, or IllegalTransition when it has ended before."""
    row = await _running(tx, request.import_id)
    row.status = IMPORT.step(request.action, row.status, ImportFacts())
    row.ended_at = tx.now
    row.failure = request.failure and request.failure[:500]
    await _say(tx, row)
    return row.id


@dataclass(frozen=True)
class FindLeftImports:
    """Nobody says any more how far some imports are."""


async def find_left_imports(tx: UnitOfWork, _request: FindLeftImports) -> int:
    """Say of imports that were killed that they are interrupted; how many there were."""
    tx.actor.require(Permission.MANAGE_ORDERS)
    left = await ImportRow.filter(left_imports(tx.now)).order_by("id").select_for_update()
    for row in left:
        row.status = IMPORT.step(ImportAction.INTERRUPT, row.status, ImportFacts())
        row.ended_at = tx.now
        row.version += 1
        await row.save(update_fields=["status", "ended_at", "version"])
    return len(left)


async def _running(tx: UnitOfWork, import_id: UUID) -> ImportRow:
    """The import, which is heard of and therefore runs."""
    tx.actor.require(Permission.MANAGE_ORDERS)
    row = await ImportRow.filter(id=import_id).select_for_update().get_or_none()
    if row is None:
        raise NotFound("import", global_id("import", import_id))
    if row.status == ImportStatus.INTERRUPTED:
        row.status = IMPORT.step(ImportAction.RESUME, row.status, ImportFacts())
        row.ended_at = None
    return row


async def _say(tx: UnitOfWork, row: ImportRow) -> None:
    row.heard_of_at = tx.now
    row.version += 1
    await row.save()

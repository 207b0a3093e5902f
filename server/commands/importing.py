"""`waybill import`: orders out of files."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from asyncpg import PostgresError
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from tortoise.exceptions import BaseORMException

from domain.flows.keep_imports import BeginImport
from domain.imports.lifecycle import ImportMode
from domain.kernel.bell import SilentBell
from domain.kernel.database import Dialect
from domain.kernel.errors import DomainError
from domain.kernel.money import format_minor
from domain.kernel.runner import Runner
from server.database import DatabaseUrlError, MigrationsMissing, dialect_of, open_database
from server.importing.faults import ImportRefused
from server.importing.landing import HistoryLander, Lander, channel_of, run_import, told
from server.importing.mapping import Mapping
from server.importing.mapping_file import read_mapping
from server.importing.opening import OpenLander
from server.importing.readers import Source
from server.importing.report import default_report_path
from server.importing.tally import Tally
from server.importing.telling import Tell, told_in_the_books
from server.migrate import require_migrated
from server.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Take orders over from files.")

ROWS_REPORTED, UNUSABLE = 1, 2
# Not the whole settings: whoever imports needs no key that signs tokens.
DATABASE_URL: str = Settings.model_fields["database_url"].default


class Mode(StrEnum):
    """What becomes of the orders."""

    HISTORY = "history"
    OPEN = "open"


@app.callback()
def group() -> None:
    """Take orders over from files."""


@app.command()
def orders(
    file: Annotated[Path, typer.Argument(help="A .csv, .jsonl (each also .gz) or .xlsx file.")],
    mapping: Annotated[Path, typer.Option(help="The mapping file (TOML): which column says what.")],
    mode: Annotated[
        Mode, typer.Option(help="`history` lands orders as they ended, `open` places them.")
    ] = Mode.HISTORY,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row, write nothing to the books.")] = False,
    errors: Annotated[Path | None, typer.Option(help="Where rejected rows go; beside FILE by default.")] = None,
    database: Annotated[str, typer.Option(envvar="WAYBILL_DATABASE_URL", help="The database.")] = DATABASE_URL,
) -> None:
    """Import orders. Run it again whenever you like: what is in the books already is left alone.

    Exit code 0: every row is in the books. 1: some rows are in the error report. 2: the import could not go on.
    """
    try:
        report = errors or default_report_path(file)
        if report.resolve() == file.resolve():
            raise ImportRefused(f"The error report would overwrite {file}: name another place by --errors.")
        tally, read = asyncio.run(_import(database, file, mapping, mode, dry_run, report))
    except DomainError as error:
        _refuse(told(error))
    except (ImportRefused, DatabaseUrlError, MigrationsMissing) as error:
        _refuse(str(error))
    except (BaseORMException, PostgresError, OSError) as error:
        _refuse(f"The database failed: {error}. What was committed before stays.")
    _summary(tally, read, dry_run)
    if tally.rows_reported:
        typer.echo(f"{tally.rows_reported} rows are in {report}: correct them there and import that file.")
        raise typer.Exit(ROWS_REPORTED)


def _refuse(message: str) -> None:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(UNUSABLE)


async def _import(
    url: str, file: Path, mapping_file: Path, mode: Mode, dry_run: bool, report: Path
) -> tuple[Tally, Mapping]:
    mapping = read_mapping(mapping_file)
    # As `waybill serve` does: a SQLite file is made ready, PostgreSQL is left to `waybill migrate`.
    migrate = dialect_of(url) is Dialect.SQLITE
    if not migrate:
        await require_migrated(url)
    async with open_database(url, migrate=migrate, statement_timeout_seconds=60, lock_timeout_seconds=30):
        runner = Runner(SilentBell())
        lander: Lander
        if mode is Mode.HISTORY:
            lander = HistoryLander(runner, channel_of(mapping), dry_run)
        else:
            lander = await OpenLander.open(runner, mapping.channel, dry_run)
        begun = BeginImport(file.name, mapping_file.name, mapping.channel.code, ImportMode[mode.name])
        # A dry run writes nothing at all, so that it can be seen in its terminal alone.
        telling = _tell_nobody() if dry_run else told_in_the_books(runner, begun)
        with _progress() as show:
            async with telling as tell:

                async def progress(source: Source, tally: Tally) -> None:
                    show(source, tally)
                    await tell(source, tally)

                return await run_import(file, mapping, lander, report, progress), mapping


@asynccontextmanager
async def _tell_nobody() -> AsyncIterator[Tell]:
    async def tell(_source: Source, _tally: Tally) -> None:
        """Nothing is written."""

    yield tell


@contextmanager
def _progress() -> Iterator[Callable[[Source, Tally], None]]:
    """A bar on a terminal, a line per second's worth of batches elsewhere."""
    if not sys.stderr.isatty():
        yield _line
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("import")

        def advance(source: Source, tally: Tally) -> None:
            bar.update(task, completed=source.done, total=source.size, description=_counts(tally))

        yield advance


def _line(source: Source, tally: Tally) -> None:
    percent = 100 * source.done // source.size if source.size else 100
    print(f"{percent:3d} % {_counts(tally)}", file=sys.stderr, flush=True)


def _counts(tally: Tally) -> str:
    return (
        f"orders: {tally.orders_imported} imported, {tally.orders_already_there} already there,"
        f" {tally.orders_reported} reported"
    )


def _summary(tally: Tally, mapping: Mapping, dry_run: bool) -> None:
    currency = mapping.channel.currency
    fates = Table("orders and rows", "orders", "rows", title="Dry run: nothing was written" if dry_run else None)
    for column in fates.columns[1:]:
        column.justify = "right"
    fates.add_row("imported", f"{tally.orders_imported:,}", f"{tally.rows_imported:,}")
    fates.add_row("already there", f"{tally.orders_already_there:,}", f"{tally.rows_already_there:,}")
    fates.add_row("reported", f"{tally.orders_reported:,}", f"{tally.rows_reported:,}")
    fates.add_row("read", f"{tally.orders_read:,}", f"{tally.rows_read:,}")
    kinds = Table("imported as", "rows", "units", currency)
    for column in kinds.columns[1:]:
        column.justify = "right"
    for name, total in sorted(tally.kinds.items()):
        kinds.add_row(name, f"{total.rows:,}", f"{total.units:,}", format_minor(total.minor, currency))
    reported = Table("reported because", "rows")
    reported.columns[1].justify = "right"
    for code, rows in tally.reported.most_common():
        reported.add_row(code, f"{rows:,}")
    console = Console()
    for table in (fates, kinds, reported):
        if table.row_count:
            console.print(table)


if __name__ == "__main__":
    app()

"""`waybill migrate`: the database as this version needs it."""

import asyncio
import sqlite3
from typing import Annotated

import typer

from server.database import DatabaseUrlError, sqlite_path
from server.migrate import migrate as apply_migrations
from server.migrate import pending
from server.settings import read_settings


def migrate(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit code 1 when migrations are missing.")
    ] = False,
    database_url: Annotated[str | None, typer.Option("--database", help="The URL of the database.")] = None,
) -> None:
    """Apply the migrations that the database lacks. Safe to run from several machines at once."""
    url = read_settings(database_url=database_url).database_url
    try:
        _migrate(url, check=check)
    except sqlite3.DatabaseError as error:
        raise DatabaseUrlError(f"{sqlite_path(url)} is no database of ours: {error}") from None


def _migrate(url: str, *, check: bool) -> None:
    if check:
        missing = asyncio.run(pending(url))
        typer.echo("\n".join(missing) if missing else "The database is up to date.")
        raise typer.Exit(1 if missing else 0)
    for name in (applied := asyncio.run(apply_migrations(url))):
        typer.echo(f"applied {name}")
    if not applied:
        typer.echo("The database is up to date.")

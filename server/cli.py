"""The command line: `waybill` and its commands."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import asyncpg
import typer
from rich.console import Console
from rich.markup import escape

from server.database import DatabaseUrlError, MigrationsMissing
from server.serving import ServingError
from server.settings import SettingsError

# Name of the command, its module, and the function, or the group of commands, in it. The order is that of the help.
COMMANDS: Sequence[tuple[str, str, str]] = (
    ("demo", "server.commands.demo", "demo"),
    ("serve", "server.commands.serve", "serve"),
    ("worker", "server.commands.worker", "worker"),
    ("migrate", "server.commands.migrate", "migrate"),
    ("import", "server.commands.importing", "app"),
    ("token", "server.commands.token", "app"),
    ("export-schema", "server.commands.export_schema", "export_schema"),
)
# What a person can mend: told in a line. Everything else is a bug, and keeps its traceback.
MENDABLE = (SettingsError, DatabaseUrlError, MigrationsMissing, ServingError, OSError, asyncpg.PostgresError)


def build(asked_for: str | None = None) -> typer.Typer:
    """The command line with the one command that is asked for, or with every command that this version has."""
    app = typer.Typer(
        name="waybill",
        help="Waybill, an order management system: a GraphQL API you can talk to, and listen to, live.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    app.callback()(_every_command)  # without one, Typer takes an only command for the whole line
    for name, module, function in [each for each in COMMANDS if each[0] == asked_for] or COMMANDS:
        command = _command(module, function)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that was asked for. A failure that its caller can mend is one line, and exit code 1."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        build(arguments[0] if arguments else None)(args=arguments)
    except MENDABLE as error:
        Console(stderr=True).print(f"[bold red]error:[/] {escape(_line(error))}", soft_wrap=True)
        sys.exit(1)


def _every_command() -> None:
    """What comes before any command: nothing."""


def _command(module: str, function: str) -> typer.Typer | Callable[..., Any]:
    """What the module gives."""
    found: typer.Typer | Callable[..., Any] = getattr(import_module(module), function)
    return found


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__

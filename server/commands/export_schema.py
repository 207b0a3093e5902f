"""`waybill export-schema`: the schema as a file, for clients and for diffs."""

from pathlib import Path
from typing import Annotated

import typer

from server.app import load_schema


def export_schema(
    file: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("schema/schema.graphql"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 when the file is not of this version.")
    ] = False,
) -> None:
    """Write the GraphQL schema of this version."""
    text = load_schema().as_str() + "\n"
    if not check:
        file.write_text(text, encoding="utf-8")
        typer.echo(f"wrote {file}")
    elif not file.exists() or file.read_text(encoding="utf-8") != text:
        typer.echo(f"{file} is not the schema of this version: run `waybill export-schema`", err=True)
        raise typer.Exit(1)

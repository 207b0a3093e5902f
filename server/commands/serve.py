"""`waybill serve`: the server."""

from typing import Annotated

import typer

from server.logs import configure_logs
from server.serving import serve as run_server
from server.settings import read_settings


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen at. [dim]127.0.0.1[/]")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen at. [dim]8000[/]")] = None,
    workers: Annotated[int | None, typer.Option(help="How many processes serve. [dim]1[/]")] = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Do not run jobs here: `waybill worker` does, beside it.")
    ] = False,
    database_url: Annotated[str | None, typer.Option("--database", help="The URL of the database.")] = None,
) -> None:
    """Serve the API, with everything it needs, until told to stop.

    Options win over environment variables; [bold]docs/settings.md[/] lists these.
    """
    settings = read_settings(
        host=host, port=port, workers=workers, database_url=database_url, run_jobs=False if no_worker else None
    )
    configure_logs(settings.log_format)
    settings.signing_key()  # made now, if it has to be, and not by several workers
    run_server(settings)

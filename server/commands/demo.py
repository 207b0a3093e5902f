"""`waybill demo`: a shop to look at, that lives."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
import uvloop
from rich.console import Console
from rich.progress import Progress as Bar
from starlette.applications import Starlette

from adapters.bell.owned import owned
from examples.seed import ORDERS, Progress
from examples.simulator import Simulator
from server.app import create_app
from server.auth import Authenticator
from server.commands.demo_shop import Showcase, holds_shop, make_shop, open_showcase, url_of
from server.commands.demo_welcome import as_json, welcome, write_json
from server.logs import configure_logs
from server.serving import ServingError, check_address, options
from server.settings import Settings, read_settings

DATABASE = Path("waybill-demo.sqlite3")
# The page in the browser may leave a stream open: stopping does not wait for it for long.
STOPS_WITHIN_SECONDS = 3


def demo(
    host: Annotated[str | None, typer.Option(help="The address to listen at. [dim]127.0.0.1[/]")] = None,
    port: Annotated[int, typer.Option(help="The port to listen at; 0 takes a free one.", min=0, max=65535)] = 8000,
    database: Annotated[Path, typer.Option(help="The SQLite file; made when it is not there.")] = DATABASE,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write URL, tokens and tracking links to this file, for programs.")
    ] = None,
    orders: Annotated[int, typer.Option(help="How many orders the shop opens with.", min=1, max=5_000)] = ORDERS,
    no_simulator: Annotated[bool, typer.Option("--no-simulator", help="Nothing happens unless you do it.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make the shop anew, and forget what was done in it.")] = False,
) -> None:
    """Make a shop with products, locations and 200 orders in every stage, serve it, and keep it alive.

    Nothing has to be installed, and nothing is sent anywhere: everybody in the shop is invented.
    """
    settings = read_settings(database_url=url_of(database), host=host, port=port, shutdown_seconds=STOPS_WITHIN_SECONDS)
    configure_logs(settings.log_format, level=logging.WARNING)
    check_address(settings.host, settings.port)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if not holds_shop(database) or fresh:
            with _progress() as progress:
                runner.run(make_shop(database, orders, progress))
        shop = runner.run(open_showcase(settings.database_url, Authenticator(settings.signing_key())))

    def announce(url: str) -> None:
        if json_file is not None:
            write_json(json_file, as_json(url, shop))
        welcome(url, shop, is_alive=not no_simulator)

    app = create_app(settings)
    if not no_simulator:
        _bring_to_life(app, shop)
    _serve(app, settings, announce)


def _bring_to_life(app: Starlette, shop: Showcase) -> None:
    """The simulator lives within the application's own life: after the database was opened, until before it closes."""
    lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def with_simulator(served: Starlette) -> AsyncIterator[object]:
        async with lifespan(served) as state:
            simulator = Simulator(served.state.house.runner, watched=[link.order_id for link in shop.links])
            async with owned(simulator.run(), "simulator"):
                yield state

    app.router.lifespan_context = with_simulator  # type: ignore[assignment]


class _Announcing(uvicorn.Server):
    """Says where it listens as soon as it does."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[str], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and not self.should_exit:
            port = self.servers[0].sockets[0].getsockname()[1]
            host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
            self._announce(f"http://{host}:{port}")


def _serve(app: Starlette, settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until told to stop. Raises ServingError when starting fails."""
    config = uvicorn.Config(app, **options(settings))
    server = _Announcing(config, announce)
    with suppress(KeyboardInterrupt):  # Ctrl-C, which the server has already obeyed
        server.run()
    if not server.started:
        raise ServingError("the server could not start: the log above says why")


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar on a terminal, and a line elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        console.print("Making the shop …")
        yield lambda _done, _all: None
        return
    with Bar(console=console, transient=True) as bar:
        task = bar.add_task("Making the shop", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)

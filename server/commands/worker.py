"""`waybill worker`: jobs, without a server."""

import asyncio
import signal
from typing import Annotated

import typer

from adapters.bell.by_url import bell_at
from domain.kernel.runner import Runner
from domain.reactions import REACTIONS
from server.app import working
from server.database import open_database
from server.logs import configure_logs
from server.migrate import require_migrated
from server.settings import Settings, read_settings
from server.worker import Worker


def worker(
    database_url: Annotated[str | None, typer.Option("--database", help="The URL of the database.")] = None,
) -> None:
    """Do the jobs that follow facts, until told to stop. Any number of workers may run."""
    settings = read_settings(database_url=database_url)
    configure_logs(settings.log_format)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stopping.set)
    await require_migrated(settings.database_url)
    async with open_database(settings.database_url), bell_at(settings.bell) as bell:
        jobs = Worker(Runner(bell), REACTIONS, poll_seconds=settings.job_poll_seconds)
        async with working(jobs, settings.shutdown_seconds):
            await stopping.wait()

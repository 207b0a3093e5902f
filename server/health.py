"""Whether this process lives, and whether it can serve: for those who restart and route."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.kernel.database import current_connection
from server.database import MigrationsMissing
from server.draining import Draining
from server.migrate import pending

PATIENCE_SECONDS = 2.0

log = structlog.get_logger("waybill")


async def alive(_request: Request) -> Response:
    """The process answers. Never asks the database: to restart a process for its database's sake helps nobody."""
    return JSONResponse({"status": "alive"})


class Readiness:
    """Whether requests should come here: the database answers, is migrated, and we are not about to stop."""

    def __init__(self, database_url: str, draining: Draining) -> None:
        self._url, self._draining = database_url, draining
        self._is_migrated = False

    async def __call__(self, _request: Request) -> Response:
        reason = await self.reason_against()
        if reason is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "reason": reason}, 503)

    async def reason_against(self) -> str | None:
        """Why not, or None."""
        if self._draining.has_begun:
            return "stopping"
        if not await _in_time(_ask_database):
            return "the database does not answer"
        if not self._is_migrated:  # once it is, it stays so: reading the history anew each time would be waste
            self._is_migrated = await _in_time(self._look_for_migrations)
        return None if self._is_migrated else str(MigrationsMissing())

    async def _look_for_migrations(self) -> bool:
        return not await pending(self._url)


async def _ask_database() -> bool:
    await current_connection().execute_query("SELECT 1")
    return True


async def _in_time(ask: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await ask()
    except Exception as error:
        log.warning("readiness.failed", exception=type(error).__name__)
        return False

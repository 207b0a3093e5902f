"""What a target took of the machine while it was asked: its own processes, and PostgreSQL's."""

from contextlib import suppress
from dataclasses import dataclass

import asyncpg
import psutil


@dataclass(frozen=True)
class Postgres:
    """The processes of the PostgreSQL server, if it runs on this machine."""

    postmaster: psutil.Process | None

    @classmethod
    async def of(cls, url: str) -> "Postgres":
        """That of the database at `url`."""
        connection = await asyncpg.connect(url, timeout=10)
        try:
            found = psutil.Process(await connection.fetchval("SELECT pg_backend_pid()")).parent()
            return cls(found if found and "postgres" in found.name() else None)
        except psutil.Error:
            return cls(None)
        finally:
            await connection.close(timeout=10)

    def cpu_seconds(self) -> float:
        """What all its processes that live have used so far."""
        seconds = 0.0
        if self.postmaster is not None:
            for process in self.postmaster.children():
                with suppress(psutil.Error):
                    times = process.cpu_times()
                    seconds += times.user + times.system
        return seconds

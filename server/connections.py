"""How many connections to PostgreSQL a server may have, and how its workers share them."""

from dataclasses import dataclass

import asyncpg

CONNECTIONS_OF_A_WORKER = 20
# PostgreSQL allows 100 unless told otherwise: some are left for migrations, `waybill worker`, and people.
MOST_CONNECTIONS = 80
BELL = 2  # one to listen, one to ring
ASIDE = 1  # for what the whole process waits for
_LEAST_WRITE, _LEAST_READ = 2, 1
CONNECT_SECONDS = 10.0

# What a role and a database may have is often less than what the server has; -1 is no limit, and for a superuser there
# is none but the server's.
_ALLOWED = """
SELECT current_setting('max_connections')::int AS server,
  current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true)::int, 0) AS reserved,
  (SELECT CASE WHEN rolsuper OR rolconnlimit < 0 THEN NULL ELSE rolconnlimit END
    FROM pg_roles WHERE rolname = current_user) AS role,
  (SELECT CASE WHEN datconnlimit < 0 THEN NULL ELSE datconnlimit END
    FROM pg_database WHERE datname = current_database()) AS database
"""


@dataclass(frozen=True, slots=True)
class Shares:
    """The most connections of one worker."""

    write: int
    read: int
    bell: int
    aside: int = ASIDE

    @property
    def all(self) -> int:
        """All of them together."""
        return self.write + self.read + self.bell + self.aside


def total_of(connections: int | None, workers: int) -> int:
    """The most connections of all workers together, when so many are allowed, or nothing was said."""
    return min(CONNECTIONS_OF_A_WORKER * workers, MOST_CONNECTIONS) if connections is None else connections


def shares(connections: int | None, workers: int, *, bell: int) -> Shares:
    """What each worker has of all connections. Raises ValueError when that is too little to work with."""
    total = total_of(connections, workers)
    left = total // workers - bell - ASIDE
    if left < _LEAST_WRITE + _LEAST_READ:
        least = workers * (bell + ASIDE + _LEAST_WRITE + _LEAST_READ)
        raise ValueError(f"database_connections: {total} are too few for {workers} workers: they need at least {least}")
    # Compiled reads hold a session for about a millisecond, transactions for several.
    read = max(_LEAST_READ, left * 4 // 9)
    return Shares(write=left - read, read=read, bell=bell)


async def misfit(url: str, wanted: int) -> str | None:
    """Why the PostgreSQL server at `url` cannot give `wanted` connections; None when it can, if nobody else has them.

    Raises asyncpg's errors and OSError when nobody answers there.
    """
    connection = await asyncpg.connect(url, timeout=CONNECT_SECONDS)
    try:
        row = await connection.fetchrow(_ALLOWED)
    finally:
        await connection.close(timeout=CONNECT_SECONDS)
    allowed = {
        "the server": row["server"] - row["reserved"],
        "its role": row["role"],
        "the database": row["database"],
    }
    who, most = min(((who, most) for who, most in allowed.items() if most is not None), key=lambda each: each[1])
    if wanted <= most:
        return None
    return (
        f"{wanted} connections to PostgreSQL do not fit: {who} allows {most};"
        " take a smaller WAYBILL_DATABASE_CONNECTIONS or fewer workers, or allow more there"
    )

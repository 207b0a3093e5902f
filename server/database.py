"""The door to the database: one way to open it for server, worker, command line and tests."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.context import TortoiseContext, get_current_context, set_global_context

from domain.kernel.database import Dialect

APP = "waybill"
CONNECTION = "default"

# Every module with rows. The order is that of the tables in a generated migration where no foreign key decides.
MODEL_MODULES: tuple[str, ...] = (
    "domain.kernel.models",
    "domain.channels.models",
    "domain.locations.models",
    "domain.catalog.models",
    "domain.customers.models",
    "domain.orders.models",
    "domain.stock.models",
    "domain.reservations.models",
    "domain.transfers.models",
    "domain.supplies.models",
    "domain.assemblies.models",
    "domain.backorders.models",
    "domain.uploads.models",
    "domain.imports.models",
    "domain.bulk.models",
    "domain.allocation.models",
    "domain.fulfillment.models",
    "domain.shipping.models",
    "domain.tracking.models",
    "domain.access.models",
    "domain.payments.models",
    "domain.returns.models",
)

POOL_SIZE = 10
STATEMENT_TIMEOUT_SECONDS = 5.0
LOCK_TIMEOUT_SECONDS = 2.0
SQLITE_BUSY_TIMEOUT_SECONDS = 10
IDLE_IN_TRANSACTION_SECONDS = 30


class DatabaseUrlError(ValueError):
    """The address of the database cannot be used; the sentence says why, without repeating a password."""


class MigrationsMissing(Exception):
    """The database is not as this version needs it."""

    def __init__(self) -> None:
        super().__init__("migrations are missing: run `waybill migrate`")


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. Rows are reached through their models; this says which database they are in."""

    url: str = field(repr=False)  # may hold a password
    dialect: Dialect


def dialect_of(url: str) -> Dialect:
    """Which database `url` addresses. Raises DatabaseUrlError for any other."""
    match urlsplit(url).scheme:
        case "sqlite":
            return Dialect.SQLITE
        case "postgres" | "postgresql":
            return Dialect.POSTGRES
        case scheme:
            raise DatabaseUrlError(
                f"a database URL is sqlite:///absolute/path, sqlite://relative/path or postgresql://user@host/name; "
                f"{f'{scheme}:' if scheme else 'one without a scheme'} is none of them"
            )


def sqlite_path(url: str) -> Path:
    """The file behind a sqlite URL: what follows `sqlite://`. Raises DatabaseUrlError when it cannot be a file."""
    parts = urlsplit(url)
    path = unquote(parts.netloc + parts.path)
    if not path or path == "/" or path.startswith(":memory:"):
        raise DatabaseUrlError("a sqlite URL names a file: sqlite:///absolute/path or sqlite://relative/path")
    if parts.query or parts.fragment:
        raise DatabaseUrlError("a sqlite URL has no options: write ? and # in a file name as %3F and %23")
    if not Path(path).parent.is_dir():
        raise DatabaseUrlError(f"the folder of the sqlite file does not exist: {Path(path).parent}")
    return Path(path)


def connection_settings(
    url: str,
    *,
    pool_size: int = POOL_SIZE,
    statement_timeout_seconds: float = STATEMENT_TIMEOUT_SECONDS,
    lock_timeout_seconds: float = LOCK_TIMEOUT_SECONDS,
) -> dict[str, Any]:
    """The engine and its settings for `url`, as Tortoise wants them. Zero seconds is no limit."""
    if dialect_of(url) is Dialect.SQLITE:
        pragmas = {
            # First, for journal_mode already takes a lock when several processes open a new file at once.
            "busy_timeout": SQLITE_BUSY_TIMEOUT_SECONDS * 1000,
            "journal_mode": "WAL",
            # In WAL mode NORMAL may lose the last commits in a power cut: acknowledged means durable.
            "synchronous": "FULL",
            "foreign_keys": "ON",
        }
        return {"engine": "server.engines.sqlite", "credentials": {"file_path": str(sqlite_path(url)), **pragmas}}
    server_settings = {
        "application_name": APP,
        "timezone": "UTC",
        "statement_timeout": str(round(statement_timeout_seconds * 1000)),
        "lock_timeout": str(round(lock_timeout_seconds * 1000)),
        # A process that is frozen, or whose host is gone, must not keep its locks: rows of an order, the feed's head.
        "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_SECONDS * 1000),
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
    }
    credentials = {"dsn": url, "minsize": 1, "maxsize": pool_size, "server_settings": server_settings}
    return {"engine": "server.engines.postgres", "credentials": credentials}


def tortoise_settings(connection: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of Waybill's one Tortoise app over `connection`."""
    apps = {APP: {"models": list(MODEL_MODULES), "default_connection": CONNECTION, "migrations": "server.migrations"}}
    return {"connections": {CONNECTION: dict(connection)}, "apps": apps, "use_tz": True, "timezone": "UTC"}


@asynccontextmanager
async def open_database(
    url: str,
    *,
    migrate: bool = False,
    pool_size: int = POOL_SIZE,
    statement_timeout_seconds: float = STATEMENT_TIMEOUT_SECONDS,
    lock_timeout_seconds: float = LOCK_TIMEOUT_SECONDS,
) -> AsyncIterator[Database]:
    """The database at `url`, open for every task of this process until the block ends; with `migrate`, migrated first.

    One at a time: Tortoise's models belong to one database. Timeouts are of PostgreSQL, zero is none.
    Raises DatabaseUrlError for an address that cannot be used, and the driver's error if nobody answers there.
    """
    connection = connection_settings(
        url,
        pool_size=pool_size,
        statement_timeout_seconds=statement_timeout_seconds,
        lock_timeout_seconds=lock_timeout_seconds,
    )
    if get_current_context() is not None:
        raise RuntimeError("this process has a database open already, and can have one at a time")
    if migrate:
        # Here, for migrations are built on this module.
        from server.migrate import migrate as apply_migrations

        await apply_migrations(url)
    context = TortoiseContext()
    # The process-wide fallback instead of a context variable: those set in the ASGI lifespan, or in a test's fixture,
    # do not reach the tasks of requests and tests.
    set_global_context(context)
    try:
        # Tortoise keeps the text of INSERTs by connection and table, not by dialect: another database's would be used.
        EXECUTOR_CACHE.clear()
        await context.init(config=tortoise_settings(connection))
        # Now, so that a wrong address is an error here, not in the first request.
        await context.connections.get(CONNECTION).execute_query("SELECT 1")
        yield Database(url, dialect_of(url))
    finally:
        await context.close_connections()

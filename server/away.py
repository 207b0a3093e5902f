"""What is raised where the database cannot be read, and which of it passes by itself."""

import random

import asyncpg
from tortoise.exceptions import BaseORMException, DBConnectionError

RETRY_AFTER_SECONDS = (1, 5)
OF_THE_DATABASE = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    BaseORMException,
    OSError,
    TimeoutError,
)
# Of these, what passes: the database is away, starts, stops, or has too many callers.
_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    DBConnectionError,
    OSError,
    TimeoutError,
)


def is_away(error: BaseException | None) -> bool:
    """Whether it says that the database is away; a statement that took too long does not."""
    return isinstance(error, _AWAY) and not isinstance(error, asyncpg.QueryCanceledError)


class Away(Exception):
    """The database is away, and whoever asks is to come back."""

    def __init__(self) -> None:
        super().__init__("We cannot look that up at present. Nothing was done: try again in a few seconds.")
        self.retry_after = random.randint(*RETRY_AFTER_SECONDS)  # not the same for all

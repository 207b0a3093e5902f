"""What is raised where the database cannot be read, and which of it passes by itself."""

import asyncpg
from tortoise.exceptions import BaseORMException, DBConnectionError

from server.answers import TIMEOUT, Refused

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


class Away(Refused):
    """The database is away, and whoever asks is to come back."""

    def __init__(self) -> None:
        message = "We cannot look that up at present. Nothing was done: try again in a few seconds."
        super().__init__(503, TIMEOUT, message, come_back=(1, 5))

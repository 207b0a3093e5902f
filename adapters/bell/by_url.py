"""The bell at an address."""

from urllib.parse import urlsplit

from adapters.bell.listening import ReconnectingBackend, Wire
from adapters.bell.memory import MemoryBell
from adapters.bell.ringing import BoundedBroadcast, BroadcastBell

MEMORY = "memory://"
SCHEMES = ("memory", "redis", "rediss", "postgresql", "postgres")


def is_bell_url(url: str) -> bool:
    """Whether there is a bell for such an address."""
    return urlsplit(url).scheme in SCHEMES


def is_shared(url: str) -> bool:
    """Whether it is heard by other processes."""
    return urlsplit(url).scheme != "memory"


def is_postgres(url: str) -> bool:
    """Whether it takes connections of a PostgreSQL server."""
    return urlsplit(url).scheme in ("postgresql", "postgres")


def bell_at(url: str) -> BroadcastBell:
    """A bell that is not open yet. Opening it never fails because a server is away: then it is heard when it comes."""
    if not is_shared(url):
        return MemoryBell()
    return BroadcastBell(BoundedBroadcast(backend=ReconnectingBackend(_wire(url))))


def _wire(url: str) -> Wire:
    # Imported here: most installations need one of them.
    if is_postgres(url):
        from adapters.bell.postgres import PostgresWire

        return PostgresWire(url)
    from adapters.bell.redis import RedisWire

    return RedisWire(url)

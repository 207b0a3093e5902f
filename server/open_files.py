"""How many files a process may have open: each socket is one, and a server without any left refuses everybody."""

import resource
from contextlib import suppress

# The rest is for requests that do not last, the database, and the log.
SHARE_OF_LISTENERS = 3 / 4


def allow_listeners(count: int) -> None:
    """Let this process, and those that it starts, have files for so many listeners, as far as the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = int(count / SHARE_OF_LISTENERS) + 1
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(ValueError, OSError):  # macOS has another limit behind it
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def room_for_listeners(count: int) -> int:
    """For how many of so many listeners there are files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return count if soft == resource.RLIM_INFINITY else min(count, int(soft * SHARE_OF_LISTENERS))

"""Room for listeners: as many open files as they need, as far as the system lets us."""

import resource
from collections.abc import Iterator

import pytest

from server.open_files import allow_listeners, room_for_listeners


@pytest.fixture
def few_files() -> Iterator[int]:
    """A process that may have few open, and more if it asks: how many it may have at the most."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (400, hard))
    try:
        yield hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_quarter_of_the_files_is_kept_for_what_does_not_last(few_files: int) -> None:
    assert room_for_listeners(20_000) == 300
    assert room_for_listeners(10) == 10


def test_files_for_the_listeners_are_asked_for_and_never_given_back(few_files: int) -> None:
    allow_listeners(450)
    assert room_for_listeners(20_000) == 450
    allow_listeners(10)
    assert room_for_listeners(20_000) == 450


def test_no_more_is_asked_for_than_the_system_allows(few_files: int) -> None:
    if few_files == resource.RLIM_INFINITY:
        pytest.skip("the system says nothing of its limit here")
    allow_listeners(10**9)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (few_files, few_files)

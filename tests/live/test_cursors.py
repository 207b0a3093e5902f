"""Cursors of streams: opaque, and good for the stream that gave them alone."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.cursors import StreamKind, event_cursor, place_in, stream_cursor

ORDER, OTHER = UUID(int=7), UUID(int=8)


@given(place=st.integers(0, 2**63 - 1))
def test_a_cursor_names_the_place_it_was_made_for(place: int) -> None:
    assert place_in(StreamKind.ORDER, ORDER, stream_cursor(StreamKind.ORDER, ORDER, place)) == place
    assert place_in(StreamKind.FEED, None, stream_cursor(StreamKind.FEED, None, place)) == place
    assert place_in(StreamKind.TRACKING, ORDER, stream_cursor(StreamKind.TRACKING, ORDER, place)) == place


def test_the_cursor_of_an_order_is_the_place_behind_the_event_of_its_version() -> None:
    assert event_cursor(ORDER, 12) == stream_cursor(StreamKind.ORDER, ORDER, 12)
    assert event_cursor(ORDER, 12) == "AQEAAAAAAAAAAAAAAAAAAAAHAAAAAAAAAAw"


@pytest.mark.parametrize(
    ("kind", "order"),
    [(StreamKind.ORDER, OTHER), (StreamKind.TRACKING, ORDER), (StreamKind.FEED, None)],
    ids=["another order", "its tracking", "the feed"],
)
def test_a_cursor_means_nothing_in_another_stream(kind: StreamKind, order: UUID | None) -> None:
    assert place_in(kind, order, event_cursor(ORDER, 12)) is None


@given(text=st.text())
def test_any_text_that_we_did_not_make_is_no_cursor(text: str) -> None:
    assert place_in(StreamKind.ORDER, ORDER, text) is None


def test_a_cursor_that_was_cut_or_is_of_another_version_is_no_cursor() -> None:
    cursor = event_cursor(ORDER, 12)
    assert [place_in(StreamKind.ORDER, ORDER, each) for each in (cursor[:-1], cursor + "A", "Ag" + cursor[2:])] == [
        None
    ] * 3

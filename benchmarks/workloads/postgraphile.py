"""PostGraphile's own words for what the others are asked: it names fields after the tables."""

from benchmarks.facts import Place


def cursor_after(place: Place) -> str:
    raise NotImplementedError


def page_of(data):
    raise NotImplementedError


def order_of(data):
    raise NotImplementedError

"""Conditions: what Tortoise's Q says about a row, in SQL. Its values become parameters, its enums literals."""

from collections.abc import Callable, Iterator
from enum import Enum
from itertools import count
from typing import Any

from tortoise.expressions import Q

from schema.compiled.dialects import Writer
from schema.compiled.plan import NotCompilable, Plan, Reason, Request, quoted
from schema.views.words import RowType

NEVER = "1 = 0"
_SIGNS = {"": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


class Conditions:
    """Writes the conditions of one plan, and says to it where their values come from."""

    def __init__(self, plan: Plan, writer: Writer, request: Request) -> None:
        self._plan, self._writer, self._request = plan, writer, request
        self._aliases, self._parameters = count(1), count(1)
        self._parents: dict[tuple[str, str], str] = {}

    def alias(self) -> str:
        """A name that no other table of the statement has."""
        return f"t{next(self._aliases)}"

    def child(self, by: str, parent: str) -> str:
        """A name for a table whose rows are joined to `parent` by their relation `by`."""
        alias = self.alias()
        self._parents[alias, by] = parent
        return alias

    def met(self, source: Callable[[Request], Q], row: RowType, alias: str, *, is_fixed: bool = False) -> str:
        """The condition that `source` makes; empty when it demands nothing.

        Its shape belongs to the plan, its values are asked again for each request, unless it is fixed.
        """
        condition = source(self._request)
        values = tuple(_values(condition))
        if values:
            bound = self._writer.bound
            self._plan.sources.append(
                tuple(map(bound, values))
                if is_fixed
                else lambda request: [bound(value) for value in _values(source(request))]
            )
        return self._written(condition, row, alias)

    def _written(self, q: Q, row: RowType, alias: str) -> str:
        terms = [term for child in q.children if (term := self._written(child, row, alias))]
        terms += [self._comparison(path, value, row, alias) for path, value in q.filters.items()]
        if not terms:
            return ""
        if q.join_type == Q.AND and NEVER in terms and not q._is_negated:
            # What has a parameter stays: a parameter that nobody uses is refused.
            return f"({' and '.join(terms)})" if list(_values(q)) else NEVER
        joined = f" {q.join_type.lower()} ".join(terms)
        return f"not ({joined})" if q._is_negated else f"({joined})"

    def _comparison(self, path: str, value: Any, row: RowType, alias: str) -> str:
        name, _, rest = path.partition("__")
        name = row._meta.pk_attr if name == "pk" else name
        if rest and name in row._meta.fk_fields:
            there = row._meta.fields_map[name].related_model  # type: ignore[attr-defined]
            if joined := self._parents.get((alias, name)):
                return self._comparison(rest, value, there, joined)
            parent = self.alias()
            inner = self._comparison(rest, value, there, parent)
            return (
                f"exists (select 1 from {table(there)} {parent}"
                f" where {parent}.id = {column(row, f'{name}_id', alias)} and {inner})"
            )
        sql = column(row, name, alias)
        if rest == "isnull" or value is None:
            is_null = value is None or bool(value)
            if name == row._meta.pk_attr:
                return NEVER if is_null else "1 = 1"
            return f"{sql} is {'' if is_null else 'not '}null"
        if rest == "in":
            return f"{sql} in ({', '.join(map(self._term, value))})" if value else NEVER
        if rest == "startswith":
            return self._writer.begins(sql, self._term(value))
        if rest not in _SIGNS:
            raise NotCompilable(Reason.CONDITION, path)
        return f"{sql} {_SIGNS[rest]} {self._term(value)}"

    def _term(self, value: Any) -> str:
        if isinstance(value, Enum):  # as a literal, so that partial indexes are found
            return quoted(str(value.value))
        return self._writer.parameter(next(self._parameters))


def _values(q: Q) -> Iterator[Any]:
    """What becomes of `_written` as parameters, in the same order."""
    for child in q.children:
        yield from _values(child)
    for path, value in q.filters.items():
        if value is not None and not path.endswith("__isnull"):
            many = value if path.endswith("__in") else (value,)
            yield from (each for each in many if not isinstance(each, Enum))


def both(*conditions: str) -> str:
    """All of these, of which the empty ones demand nothing."""
    return " and ".join(each for each in conditions if each) or "1 = 1"


def table(row: RowType) -> str:
    """The name of the row's table, quoted."""
    return f'"{row._meta.db_table}"'


def column(row: RowType, name: str, alias: str) -> str:
    """The row's column of that attribute's name."""
    if name not in row._meta.fields_db_projection:
        raise NotCompilable(Reason.CONDITION, f"{row.__name__}.{name}")
    return f'{alias}."{row._meta.fields_db_projection[name]}"'
